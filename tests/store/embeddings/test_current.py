"""Which of several versions, definitions and images is meant: what is said, else the newest."""

from datetime import timedelta

import pytest

from fuseboard.store.embeddings import gc as garbage
from fuseboard.store.errors import FuseboardError
from fuseboard.store.store import Store


def younger(version, days):
    """The version as if it had been made later, because tests make all in one second."""
    version.manifest.model_copy(update={"created": version.manifest.created + timedelta(days=days)}).write(
        version.folder
    )
    return version.manifest.fingerprint


@pytest.fixture
def two(root, make_version):
    """Fingerprints of the older and the newer version of alpha."""
    return make_version(root).manifest.fingerprint, younger(make_version(root, identity={"crop": 1}), 1)


def current(store):
    return {v.manifest.fingerprint for v in store.versions if store.current.is_current(v.manifest)}


@pytest.mark.parametrize("said", [0, 1])
def test_the_card_decides_for_list_search_and_clean_up_alike(root, two, said):
    store = Store(root, lambda: {"alpha": two[said]})
    assert current(store) == {two[said]}
    assert store.version("alpha").manifest.fingerprint == two[said]
    assert [one.fingerprint for one in garbage.find(root, store.versions, store.current)] == [two[1 - said]]


def test_a_pin_is_meant_whatever_the_card_says(root, two):
    store = Store(root, lambda: {"alpha": two[0]})
    assert store.version(f"alpha@{two[1][:12]}").manifest.fingerprint == two[1]


def test_without_a_card_the_newest_is_current_and_a_search_asks_for_a_name(root, two):
    store = Store(root, lambda: {"alpha": "of no version here"})
    assert current(store) == {two[1]}
    assert [one.fingerprint for one in garbage.find(root, store.versions, store.current)] == [two[0]]
    with pytest.raises(FuseboardError, match="2 versions"):
        store.version("alpha")


def test_of_versions_with_rows_the_card_comes_first_then_what_the_store_holds(root, two):
    gone = "f" * 32
    assert Store(root, lambda: {"alpha": two[0]}).current.fingerprint("alpha", [two[0], two[1], gone]) == two[0]
    assert Store(root, lambda: {"alpha": gone}).current.fingerprint("alpha", [gone, two[0], two[1]]) == gone
    assert Store(root).current.fingerprint("alpha", [two[1], two[0], gone]) == two[1]
    assert Store(root).current.fingerprint("unknown", ["a", "b"]) == "b"


def test_a_digest_that_is_said_comes_before_a_newer_one(root):
    store = Store(root, digests=lambda name: {"d1"} if name == "starter" else ())
    assert store.current.protocol_digest("starter", ["d1", "d2"]) == "d1"
    assert store.current.protocol_digest("starter", ["d2", "d3"]) == "d3"
    assert store.current.protocol_digest("another", ["d1", "d2"]) == "d2"


def test_the_images_that_the_current_versions_embedded_come_before_newer_ones(root, make_version):
    make_version(root)
    assert Store(root).current.source_md5("digits", ["0" * 32, "1" * 32]) == "0" * 32
    assert Store(root).current.source_md5("digits", ["1" * 32, "2" * 32]) == "2" * 32
