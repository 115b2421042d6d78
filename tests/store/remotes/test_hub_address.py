"""Addresses that people copy: what they name, and what is not the Hub."""

import pytest

from fuseboard.store.errors import UsageError
from fuseboard.store.remotes.hub_address import parse


@pytest.mark.parametrize(
    ("name", "revision"),
    [
        ("org/alpha", None),
        ("https://huggingface.co/datasets/org/alpha", None),
        (" https://huggingface.co/datasets/org/alpha/ ", None),
        ("https://HuggingFace.co/datasets/org/alpha?row=3#readme", None),
        ("https://hf.co/datasets/org/alpha/tree/main", "main"),
        ("https://huggingface.co/datasets/org/alpha/tree/4f1c02/digits", "4f1c02"),
        ("https://huggingface.co/datasets/org/alpha/tree/refs%2Fpr%2F1", "refs/pr/1"),
        ("https://huggingface.co/datasets/org/alpha/blob/v1/README.md", "v1"),
        ("hf://datasets/org/alpha", None),
        ("hf://datasets/org/alpha@v1/digits/val-*.parquet", "v1"),
        ("hf://datasets/org/alpha/digits/val-*.parquet", None),
    ],
)
def test_an_address_names_repository_and_revision(name, revision):
    assert parse(name) == ("org/alpha", revision)


@pytest.mark.parametrize(
    "name",
    [
        "https://huggingface.co.evil.example/datasets/org/alpha",
        "https://huggingface.co@evil.example/datasets/org/alpha",
        "https://evil.example/huggingface.co/datasets/org/alpha",
        "https://huggingfaсe.co/datasets/org/alpha",  # a Cyrillic es
        "https://huggingface.co:8443/datasets/org/alpha",
        "http://huggingface.co/datasets/org/alpha",
        "ftp://huggingface.co/datasets/org/alpha",
        "https://huggingface.co/org/alpha",
        "https://huggingface.co/spaces/org/alpha",
        "https://huggingface.co/datasets/alpha",
        "hf://org/alpha",
        "hf://models/org/alpha",
    ],
)
def test_what_is_no_dataset_of_the_hub_is_refused(name):
    with pytest.raises(UsageError, match="write ORG/NAME"):
        parse(name)


def test_two_revisions_are_one_too_many():
    address = "https://huggingface.co/datasets/org/alpha/tree/v1"
    assert parse(address, "v1") == ("org/alpha", "v1")
    with pytest.raises(UsageError, match="give one of them"):
        parse(address, "v2")


@pytest.mark.parametrize("name", ["me", "", "a/b/c", "org /alpha", "/alpha", "org/"])
def test_what_is_no_repository_is_not_asked_for(name):
    with pytest.raises(UsageError, match="is not ORG/NAME"):
        parse(name)
