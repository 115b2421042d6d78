"""Names of random weights: typed with a colon, stored with a dot, and in no pool unless they are named."""

from pathlib import Path

import pytest

from fuseboard.store.embeddings import random_weights
from fuseboard.store.embeddings.stored_name import is_name
from fuseboard.store.embeddings.verify import verify
from fuseboard.store.store import Store
from tests.store.conftest import make


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("uni:random", "uni.random"),
        ("uni:random@0123", "uni.random@0123"),
        ("uni.random", "uni.random"),
        ("uni", "uni"),
        ("random", "random"),
    ],
)
def test_what_is_stored_is_a_name_everywhere(typed: str, stored: str) -> None:
    assert random_weights.stored(typed) == stored
    assert is_name(stored.partition("@")[0])


def test_a_store_knows_them_as_they_are_typed_and_takes_them_where_they_are_named(tmp_path: Path) -> None:
    version = make(tmp_path, "alpha.random")
    opened = Store(tmp_path)
    assert list(opened.versions_of("digits")) == ["alpha.random"], "alone they are all that is there"
    make(tmp_path, "alpha")
    opened.forget_versions()
    assert list(opened.versions_of("digits")) == ["alpha"]
    assert list(opened.versions_of("digits", ["alpha:random", "alpha"])) == ["alpha", "alpha.random"]
    assert opened.version(f"alpha:random@{version.manifest.fingerprint[:8]}") == version
    assert not verify(tmp_path, "alpha:random").findings
