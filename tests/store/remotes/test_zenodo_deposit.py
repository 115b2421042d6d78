"""Deposits at the loopback Zenodo, with the real client: what is sent, and what is not sent again."""

from pathlib import Path

import pytest

from fuseboard.store.embeddings import history
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.remotes import zenodo
from fuseboard.store.remotes.zenodo_deposit import Creator, deposit
from tests.store import zenodo_server
from tests.store.zenodo_api import File

site = zenodo_server.zenodo
ANNA = Creator("Doe, Anna", "University of X", "0000-0002-1825-0097")
KEYS = [f"digits~{split}-0000{n}-of-00002.parquet" for split in ("train", "val", "test") for n in (0, 1)]
CUT = 50


@pytest.fixture
def version(make_version, root):
    made = make_version(root)
    (made.folder / "card.toml").write_text('id = "alpha"\n')
    return made


def files(folder: Path) -> dict[str, bytes]:
    kept = {"history.json", "README.md"}
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.name not in kept}


def test_what_is_deposited_and_published_comes_back_bit_by_bit(site, root, version, tmp_path):
    done = deposit(root, version, [ANNA], publish=True)
    assert (done.published, done.files) == (True, 9)
    assert (done.doi, done.url) == (f"10.5281/zenodo.{done.record}", f"{site.url}/records/{done.record}")
    assert site.sent() == ["README.md", "card.toml", *KEYS, "manifest.json"]
    assert [e.what for e in history.read(version.folder)] == ["drafted", "published"]
    landed = zenodo.pull(tmp_path / "other", done.doi)
    assert files(landed.version.folder) == files(version.folder)
    assert landed.files == 6


def test_a_draft_is_not_public_and_is_published_without_sending_again(site, root, version, tmp_path):
    draft = deposit(root, version, [ANNA])
    assert (draft.published, draft.url) == (False, f"{site.url}/deposit/{draft.record}")
    assert history.read(version.folder)[-1].doi == draft.doi
    with pytest.raises(
        FuseboardError, match="there is no such record or file; check the number, and whether it is pub"
    ):
        zenodo.pull(tmp_path / "other", str(draft.record))
    site.depositions[draft.record].metadata["notes"] = "written on its page"
    site.asked.clear()
    assert deposit(root, version, [ANNA]).files == 0
    done = deposit(root, version, [ANNA], publish=True)
    assert (done.record, done.published, done.files) == (draft.record, True, 0)
    assert [method for method, _ in site.asked if method in ("PUT", "DELETE")] == []
    assert site.depositions[draft.record].metadata["notes"] == "written on its page"


def test_other_creators_are_told_to_a_complete_draft(site, root, version):
    record = deposit(root, version, [ANNA]).record
    assert deposit(root, version, [Creator("Li, Bo")]).files == 0
    assert site.depositions[record].metadata["creators"] == [{"name": "Li, Bo"}]


def test_what_is_published_is_never_deposited_twice(site, root, version, make_version):
    done = deposit(root, version, [ANNA], publish=True)
    site.asked.clear()
    again = deposit(root, version, [ANNA], publish=True)
    assert (again.record, again.doi, again.published, again.files) == (done.record, done.doi, True, 0)
    assert site.asked == []
    more = make_version(root, dataset="more")
    with pytest.raises(
        FuseboardError, match=rf"is published as {done.doi}, but not as it is now.*--new-version {done.record}"
    ):
        deposit(root, more, [ANNA])
    assert site.sent() == []


@pytest.mark.parametrize("original", [True, False])
def test_a_new_version_keeps_what_is_equal(site, root, version, make_version, tmp_path, original):
    site.answers_original = original
    first = deposit(root, version, [ANNA], publish=True)
    more = make_version(root, dataset="more", splits=("val",))
    site.asked.clear()
    second = deposit(root, more, [ANNA], publish=True, new_version_of=first.doi)
    added = [f"more~val-0000{n}-of-00002.parquet" for n in (0, 1)]
    assert sorted(site.sent()) == sorted(["README.md", *added, "manifest.json"])
    assert site.sent()[-1] == "manifest.json"
    of_all = site.depositions[first.record].concept
    assert site.depositions[second.record].concept == of_all
    assert set(zenodo.pull(tmp_path / "new", str(of_all)).version.manifest.datasets) == {"digits", "more"}
    assert set(zenodo.pull(tmp_path / "old", first.doi).version.manifest.datasets) == {"digits"}
    third = make_version(root, dataset="third", splits=("val",))  # named by its first version, made of its newest
    assert deposit(root, third, [ANNA], new_version_of=str(first.record)).files == 4


def test_a_new_version_is_only_of_the_same_backbone(site, root, version, make_version):
    done = deposit(root, version, [ANNA], publish=True)
    other = make_version(root, backbone="beta")
    with pytest.raises(UsageError, match=rf"record {done.record} holds alpha, not beta"):
        deposit(root, other, [ANNA], new_version_of=str(done.record))
    del site.depositions[done.record].files["manifest.json"]
    with pytest.raises(UsageError, match="holds no fuseboard embeddings"):
        deposit(root, other, [ANNA], new_version_of=str(done.record))
    assert len(site.depositions) == 1


def test_a_new_version_whose_draft_exists_is_gone_on_with(site, root, version, make_version):
    first = deposit(root, version, [ANNA], publish=True)
    more = make_version(root, dataset="more", splits=("val",))
    reading = iter([True])
    site.instead = lambda method, path: (
        (418, {}, b"") if site.draft_of(site.depositions[first.record].concept) and next(reading, False) else None
    )
    with pytest.raises(FuseboardError, match="418"):  # the draft is made, and cut off before it could be noted
        deposit(root, more, [ANNA], new_version_of=first.doi)
    done = deposit(root, more, [ANNA], publish=True, new_version_of=first.doi)
    assert done.files == 4
    assert len(site.depositions) == 2
    assert deposit(root, more, [ANNA], publish=True, new_version_of=first.doi).record == done.record


@pytest.mark.parametrize("at", ["README.md", KEYS[3], "manifest.json"])
def test_a_deposit_that_was_cut_off_sends_only_what_is_missing(site, root, version, at):
    site.cut = lambda method, path: CUT if path.endswith(at) else None
    with pytest.raises(FuseboardError, match=r"draft \d+: the transfer failed .*; run the same command again to go on"):
        deposit(root, version, [ANNA], publish=True)
    there = {name for made in site.depositions.values() for name in made.files}
    site.cut = lambda method, path: None
    site.asked.clear()
    done = deposit(root, version, [ANNA], publish=True)
    assert done.published
    assert set(site.sent()) == {"README.md", "card.toml", *KEYS, "manifest.json"} - there
    assert len(site.depositions) == 1


def test_foreign_and_changed_files_leave_a_draft_before_anything_is_sent(site, root, version):
    made = site.depositions[deposit(root, version, [ANNA]).record]
    name = KEYS[0]
    made.files["notes.txt"] = File(made.files["card.toml"].path, "0" * 32)
    made.files[name] = File(made.files["card.toml"].path, "0" * 32)
    site.asked.clear()
    site.after = lambda method, path: 500 if method == "DELETE" else None  # done all the same; the next attempt: 404
    assert deposit(root, version, [ANNA]).files == 1
    assert [method for method, _ in site.asked if method in ("PUT", "DELETE")] == ["PUT", *["DELETE"] * 4, "PUT"]
    assert set(made.files) == {"README.md", "card.toml", *KEYS, "manifest.json"}


def test_a_draft_that_is_gone_is_begun_anew(site, root, version):
    first = deposit(root, version, [ANNA]).record
    del site.depositions[first]
    second = deposit(root, version, [ANNA], publish=True)
    assert second.record != first
    assert second.files == 9


def test_a_draft_published_on_its_page_is_noted(site, root, version):
    draft = deposit(root, version, [ANNA])
    site.depositions[draft.record].published = True
    assert deposit(root, version, [ANNA]).published
    assert history.read(version.folder)[-1].what == "published"
    assert history.read(version.folder)[-1].doi == draft.doi


def test_publishing_that_answers_with_an_error_but_is_done_is_done(site, root, version):
    site.after = lambda method, path: 504 if path.endswith("/publish") else None
    assert deposit(root, version, [ANNA], publish=True).published
    assert history.read(version.folder)[-1].what == "published"


def test_a_busy_server_is_asked_again(site, root, version):
    left = {500: 2, 429: 2, 503: 1}

    def busy(method, path):
        status = next((s for s, n in left.items() if n and "/api/files/" in path), None)
        if status:
            left[status] -= 1
            return status, {"Retry-After": "3"}, b"{}"
        return None

    site.instead = busy
    assert deposit(root, version, [ANNA], publish=True).files == 9
    assert sum(left.values()) == 0


def test_a_wrong_byte_is_seen_and_sent_anew(site, root, version):
    site.flip = lambda method, path: 7 if path.endswith(KEYS[1]) else None
    with pytest.raises(FuseboardError, match=rf"{KEYS[1]} arrived damaged; run the same command to send it again"):
        deposit(root, version, [ANNA], publish=True)
    site.flip = lambda method, path: None
    site.asked.clear()
    assert deposit(root, version, [ANNA], publish=True).published
    assert KEYS[1] in site.sent()


def test_a_new_version_that_was_cut_off_goes_on(site, root, version, make_version):
    first = deposit(root, version, [ANNA], publish=True)
    more = make_version(root, dataset="more", splits=("val",))
    site.cut = lambda method, path: CUT if path.endswith("manifest.json") else None
    with pytest.raises(FuseboardError, match="to go on"):
        deposit(root, more, [ANNA], publish=True, new_version_of=first.doi)
    site.cut = lambda method, path: None
    site.asked.clear()
    done = deposit(root, more, [ANNA], publish=True, new_version_of=first.doi)
    assert (done.published, site.sent(), len(site.depositions)) == (True, ["manifest.json"], 2)


def test_a_draft_of_something_else_is_left_alone(site, root, version, make_version, tmp_path):
    draft = deposit(root, version, [ANNA])
    old = make_version(tmp_path / "elsewhere", dataset="old")
    first = deposit(tmp_path / "elsewhere", old, [ANNA], publish=True)
    done = deposit(root, version, [ANNA], new_version_of=first.doi)
    assert done.record != draft.record
    assert site.depositions[done.record].concept == site.depositions[first.record].concept
    assert not any(name.startswith("old~") for name in site.depositions[done.record].files)


def test_an_unfinished_draft_published_on_its_page_needs_a_new_version(site, root, version):
    site.cut = lambda method, path: CUT if path.endswith("manifest.json") else None
    with pytest.raises(FuseboardError, match="to go on"):
        deposit(root, version, [ANNA])
    site.cut = lambda method, path: None
    (made,) = site.depositions.values()
    made.published = True
    line = rf"is published as 10.5281/zenodo.{made.id}, but .*--new-version {made.id}"
    for _ in range(2):
        with pytest.raises(FuseboardError, match=line):
            deposit(root, version, [ANNA])
    assert deposit(root, version, [ANNA], publish=True, new_version_of=str(made.id)).files == 2
    assert deposit(root, version, [ANNA]).published
