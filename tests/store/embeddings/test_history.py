import pytest

from fuseboard.store.embeddings import history
from fuseboard.store.errors import FuseboardError


def test_events_are_kept_in_order_and_say_where_vectors_came_from(make_version, root):
    version = make_version(root)
    assert history.read(version.folder) == ()
    splits = history.splits_of(version.manifest)
    assert splits == {"digits": ("train", "val", "test")}
    history.add(version.folder, "extracted", "a GPU", {"digits": ("val",)})
    history.add(version.folder, "pulled", "org/alpha", splits, revision="abc")
    history.add(version.folder, "extracted", "a GPU", {"digits": ("test",)})
    history.add(version.folder, "published", "7", splits, doi="10.5281/zenodo.7")
    events = history.read(version.folder)
    assert [event.what for event in events] == ["extracted", "pulled", "extracted", "published"]
    assert history.origins(events) == ["extracted on a GPU", "pulled from org/alpha"]
    assert events[-1].doi == "10.5281/zenodo.7"
    assert events[0].at.tzinfo is not None


@pytest.mark.parametrize("text", ["", "{", '{"events": [{"what": "stolen"}]}', "\xff"])
def test_a_broken_record_is_named_and_loses_nothing_else(make_version, root, text):
    version = make_version(root)
    (version.folder / history.FILE).write_text(text, encoding="latin1")
    with pytest.raises(FuseboardError, match=r"history\.json: .*delete it") as caught:
        history.read(version.folder)
    assert "\n" not in str(caught.value)
