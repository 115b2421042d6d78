"""What a store takes in, from Python: published versions, and vectors of other people."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fuseboard import Store
from fuseboard.store.errors import UsageError
from fuseboard.store.remotes import hub
from tests.store.vectors.people import Card, Images, vectors


@pytest.mark.filterwarnings("ignore:Use 'content:DeprecationWarning")
def test_a_pulled_version_is_seen_at_once(hub_server: Any, make_version: Any, tmp_path: Path) -> None:
    version = make_version(tmp_path / "source")
    hub.push(tmp_path / "source", version, "org/alpha", private=False)
    store = Store(tmp_path / "mine")
    assert store.versions == []
    pulled = store.pull("org/alpha", split="val")
    assert [one.spec for one in store.versions] == [pulled.spec] == [version.spec]
    assert len(store.blocks("digits", "val", ["alpha"]).labels) == 20


@pytest.mark.parametrize(
    ("name", "more"), [("alpha", {}), ("10.5281/zenodo.7", {"revision": "main"}), ("https://example.org/a/b", {})]
)
def test_a_name_that_cannot_be_meant_makes_nothing(tmp_path: Path, name: str, more: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        Store(tmp_path / "mine").pull(name, **more)
    assert not (tmp_path / "mine").exists()


def test_imported_vectors_are_seen_at_once(tmp_path: Path) -> None:
    np.savez(tmp_path / "beta.npz", features=vectors("val"), paths=Images().paths("val"))
    store = Store(tmp_path / "mine")
    assert store.versions == []
    version = store.import_vectors(tmp_path / "beta.npz", Card(), Images(), source="a paper")
    assert [one.spec for one in store.versions] == [version.spec]
    np.testing.assert_array_equal(store.blocks("lesions", "val", ["beta"]).features["beta"], vectors("val"))
