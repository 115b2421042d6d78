"""Archives: whole and never written again, or refused with what is wrong."""

import json
import zipfile
from datetime import UTC, datetime

import pytest

from fuseboard.leaderboard.releases import archive
from fuseboard.leaderboard.releases.facts import Release, require_name
from fuseboard.store.errors import FuseboardError, UsageError

FILES = {"index.html": b"<p>", "data/results.parquet": b"\x00\x01" * 500}
HASH = "0" * 64


def release(name="2026.12", **changes):
    facts = {"frozen": datetime(2026, 12, 1, tzinfo=UTC), "newest": None, "builder": "fuseboard", "url": None}
    facts |= {"doi": None, "concept_doi": None, "previous": None, "rows": 0, "backbones": (), "datasets": ()}
    return Release(name=name, **facts | changes)


@pytest.fixture
def path(tmp_path):
    found = tmp_path / "releases" / "2026.12.zip"
    archive.write(found, release(), FILES)
    return found


def rewritten(path, changes=(), record=()):
    """The archive with members changed, its record changed too where that is asked for."""
    with zipfile.ZipFile(path) as opened:
        members = {name: opened.read(name) for name in opened.namelist()}
    told = json.loads(members[archive.RECORD])
    told |= dict(record)
    members[archive.RECORD] = json.dumps(told).encode()
    members |= dict(changes)
    with zipfile.ZipFile(path, "w") as opened:
        for name, content in members.items():
            if content is not None:
                opened.writestr(name, content)


def test_it_reads_back_and_unpacks_to_the_same_bytes(path, tmp_path):
    found = archive.read(path)
    assert found.record.model_dump(exclude={"files", "format"}) == release().model_dump()
    assert {name: found.read(name) for name in found.record.files} == FILES
    found.unpack(tmp_path / "out")
    assert {name: (tmp_path / "out" / name).read_bytes() for name in FILES} == FILES
    with pytest.raises(FileNotFoundError):
        found.read("data/other")


def test_the_same_content_makes_the_same_bytes(path, tmp_path):
    archive.write(tmp_path / "2026.12.zip", release(), dict(reversed(FILES.items())))
    assert (tmp_path / "2026.12.zip").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("name", ["2026.12.zip", "2026.12.ZIP"])
def test_it_is_never_written_again(path, name):
    before = path.read_bytes()
    with pytest.raises(FuseboardError, match="never written again"):
        archive.write(path.with_name(name), release(), {"index.html": b"other"})
    assert [one.read_bytes() for one in path.parent.iterdir()] == [before]


@pytest.mark.parametrize(
    ("changes", "record", "told"),
    [
        ({"index.html": b"<b>"}, {}, "index.html has another SHA-256"),
        ({"more.html": b""}, {}, "its files are not those"),
        ({"index.html": None}, {}, "its files are not those"),
        ({archive.RECORD: None}, {}, "has no release.json"),
        ({archive.RECORD: b"{}"}, {}, "release.json"),
        ({}, {"name": "2027.01"}, "is the release 2027.01; call the file 2027.01.zip"),
        ({}, {"doi": "10.5281/<b>"}, "release.json: doi"),
        ({}, {"frozen": "yesterday"}, "release.json: frozen"),
        ({}, {"surprise": 1}, "release.json: surprise"),
    ],
)
def test_what_was_changed_is_refused_and_named(path, changes, record, told):
    rewritten(path, changes, record)
    with pytest.raises(FuseboardError, match=told) as caught:
        archive.read(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["../out.html", "/out.html", "a/../../out.html", "a\\out.html", "C:out.html", "a//b"])
def test_no_path_leaves_the_folder(path, name):
    rewritten(path, {name: b"", "index.html": None}, {"files": {}})
    with zipfile.ZipFile(path) as opened:
        members = {one: opened.read(one) for one in opened.namelist() if one != archive.RECORD}
        told = json.loads(opened.read(archive.RECORD))
    told["files"] = {one: __import__("hashlib").sha256(content).hexdigest() for one, content in members.items()}
    rewritten(path, {archive.RECORD: json.dumps(told).encode()})
    with pytest.raises(FuseboardError, match="a path leads out of it"):
        archive.read(path)


@pytest.mark.parametrize("content", [b"", b"PK", b"no archive" * 99])
def test_what_is_no_archive_is_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(FuseboardError, match="is no whole release"):
        archive.read(path)


def test_a_link_is_not_followed(path):
    link = path.with_name("link.zip")
    link.symlink_to(path)
    with pytest.raises(FuseboardError, match="is no whole release"):
        archive.read(link, "2026.12")


def test_one_that_would_fill_the_disk_is_refused(path, monkeypatch):
    monkeypatch.setattr(archive, "MAX_BYTES", 1_000)
    with pytest.raises(FuseboardError, match="more than 1,000 bytes"):
        archive.read(path)


@pytest.mark.parametrize("name", ["", "A", "..", ".a", "a.", "a/b", "con", "nul.1", "2026 12", "x" * 41, "a\n", "é"])
def test_a_name_that_could_be_no_folder_is_refused(name):
    with pytest.raises(UsageError, match="cannot name a release"):
        require_name(name)


def test_names_that_can_be_one():
    assert [require_name(name) for name in ("2026.12", "v1", "a", "2026.12-rc_1")]
