"""Domains: what known names and declarations make of a dataset on the boards."""

import pytest

from fuseboard.leaderboard.rows.domains import Domains, is_corrupted, medmnist, size
from fuseboard.store.embeddings.declaration import KNOWN, Declaration

KNOWN_ALONE = Domains()
OWN = Domains(
    {
        "my-lesions": Declaration(domain="dermatoscopy", source="clinic"),
        "my-lesions-64": Declaration(domain="dermatoscopy", source="clinic"),
        "cats": Declaration(domain="demo"),
        "later": Declaration(domain="a-word-of-a-later-version"),
        "scans": Declaration(),
    }
)


@pytest.mark.parametrize(
    ("name", "modality"),
    [
        ("breastmnist", "Breast ultrasound"),
        ("breastmnist-64", "Breast ultrasound"),
        ("organsmnist-128", "Abdominal CT"),
        ("breastmnist-64-first100", "Breast ultrasound"),
        ("digits", "Handwritten digits"),
        ("xrays", "Undeclared"),
        ("breastmnistish", "Undeclared"),
        ("my-lesions", "Dermatoscopy"),
        ("my-lesions-sample9", "Dermatoscopy"),
        ("cats", "Not medical"),
        ("later", "Undeclared"),
        ("scans", "Undeclared"),
    ],
)
def test_a_name_is_known_with_or_without_a_size_or_else_declared(name, modality):
    assert OWN.modality(name) == modality


def test_columns_are_grouped_and_small_sizes_come_first():
    names = ["scans", "breastmnist", "organsmnist", "chestmnist", "my-lesions", "breastmnist-64", "pneumoniamnist-28"]
    assert OWN.groups([*names, "organamnist", "dermamnist"]) == [
        ("Dermatoscope", ("dermamnist",)),
        ("Dermatoscopy", ("my-lesions",)),
        ("Chest X-ray", ("chestmnist", "pneumoniamnist-28")),
        ("Breast ultrasound", ("breastmnist-64", "breastmnist")),
        ("Abdominal CT", ("organamnist", "organsmnist")),
        ("Undeclared", ("scans",)),
    ]


def test_flags_of_one_modality_stand_side_by_side():
    titles = [KNOWN[name].title for name in medmnist()]
    assert len(titles) == 12
    runs = [title for before, title in zip([None, *titles], titles, strict=False) if title != before]
    assert len(runs) == len(set(titles))


def test_only_a_medmnist_set_has_a_corrupted_twin():
    assert is_corrupted("breastmnist-64-c")
    assert is_corrupted("breastmnist-64-c-sample100")
    assert not is_corrupted("breastmnist-64")
    assert not is_corrupted("vitamin-c")
    assert not is_corrupted("digits-c")


def test_what_is_not_declared_to_be_medical_and_what_is_corrupted_is_on_no_board():
    names = ("breastmnist", "breastmnist-c", "digits", "digits-sample100", "imagenet", "my-lesions", "cats", "scans")
    assert [name for name in names if OWN.is_ranked(name)] == ["breastmnist", "my-lesions"]
    assert [name for name in names if OWN.is_demo(name)] == ["digits", "digits-sample100", "imagenet", "cats"]
    assert [name for name in names if OWN.is_undeclared(name)] == ["scans"]


def test_sizes_and_samples_of_a_set_show_the_same_images():
    same = ("breastmnist-28-sample9", "breastmnist-first100", "breastmnist-28", "breastmnist-64", "breastmnist")
    source = KNOWN_ALONE.source
    assert {source(name, name) for name in same} == {"breastmnist"}
    assert sorted({*same}, key=size) == list(same)
    assert source("breastmnist", "a") != source("bloodmnist", "a")
    assert source("xrays", "a") == source("xrays-sample9", "a") != source("mri", "b")


def test_sizes_that_declare_one_source_show_the_same_images():
    assert OWN.source("my-lesions", "a") == OWN.source("my-lesions-64", "b") == OWN.source("my-lesions-sample9", "a")
    assert OWN.source("cats", "a") != OWN.source("scans", "b")
