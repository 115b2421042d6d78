"""Pulls from the loopback Zenodo, with the real client."""

import errno
import hashlib
import io
from pathlib import Path

import pytest

from fuseboard.store.embeddings import history
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.remotes import zenodo
from fuseboard.store.store import Store
from tests.store import zenodo_server
from tests.store.wire import TOKEN
from tests.store.zenodo_api import File

site = zenodo_server.zenodo
SHARD = "digits~val-00001-of-00002.parquet"


@pytest.fixture
def record(site, make_version, tmp_path):
    """A published record that holds a version."""
    version = make_version(tmp_path / "source")
    made = site.new("somebody")
    for path in version.folder.rglob("*"):
        if path.is_file():
            copy = site.folder / path.name
            copy.write_bytes(path.read_bytes())
            made.files[path.relative_to(version.folder).as_posix().replace("/", "~")] = File(copy, md5_of(copy))
    made.published = True
    made.version = version
    return made


def md5_of(path: Path) -> str:
    return hashlib.md5(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    "name",
    [
        "{n}",
        "10.5281/zenodo.{n}",
        "doi:10.5281/ZENODO.{n}",
        "https://doi.org/10.5281/zenodo.{n}",
        "http://dx.doi.org/10.5281/zenodo.{n}",
        "{url}/records/{n}",
        "{url}/record/{n}#files",
        "{url}/records/{n}/files/manifest.json?download=1",
        "{url}/doi/10.5281/zenodo.{n}",
        " {n} ",
        "{all}",
        "10.5281/zenodo.{all}",
    ],
)
def test_a_record_is_pulled_bit_by_bit_however_it_is_named(site, record, root, name):
    name = name.format(n=record.id, all=record.concept, url=site.url)
    assert zenodo.is_record(name)
    landed = zenodo.pull(root, name, split="val")
    assert landed.files == 2
    for path in landed.version.folder.glob("digits/*"):
        assert path.read_bytes() == record.version.folder.joinpath("digits", path.name).read_bytes()
    assert history.read(landed.version.folder)[-1].where == f"Zenodo 10.5281/zenodo.{record.id}"
    site.asked.clear()
    assert zenodo.pull(root, name, split="val").files == 0
    assert site.fetched() == ["manifest.json"]


@pytest.mark.parametrize(
    ("name", "sandbox", "line"),
    [
        ("10.5072/zenodo.7", False, "is in Zenodo's sandbox: add --sandbox"),
        ("https://sandbox.zenodo.org/records/7", False, "is in Zenodo's sandbox: add --sandbox"),
        ("10.5281/zenodo.7", True, "is not in Zenodo sandbox at https://sandbox.zenodo.org; leave --sandbox out"),
        ("https://zenodo.org/records/7", True, "leave --sandbox out"),
        ("10.1000/zenodo.7", False, "is not in Zenodo at https://zenodo.org; give the number"),
        ("https://huggingface.co/records/7", False, "is not in Zenodo"),
        ("10.1000/x", False, "'10.1000/x' is not a Zenodo record; write its number, or its DOI as 10.5281/zenodo.N"),
        ("https://zenodo.org/communities/7", False, "is not a Zenodo record"),
        ("1" * 13, False, "is not a Zenodo record"),
    ],
)
def test_a_name_of_elsewhere_says_what_to_write(monkeypatch, root, name, sandbox, line):
    monkeypatch.delenv("FUSEBOARD_ZENODO", raising=False)
    with pytest.raises(UsageError, match=line):
        zenodo.pull(root, name, sandbox=sandbox)


def test_names_on_the_hub_are_no_records():
    assert not any(map(zenodo.is_record, ("org/name", "org/7", "10.1000/x", "zenodo/7", "https://huggingface.co/a/b")))


def test_known_names_are_the_same_everywhere(monkeypatch):
    monkeypatch.delenv("FUSEBOARD_ZENODO", raising=False)
    assert zenodo.site().number("http://www.zenodo.org/record/7") == 7
    assert zenodo.site(sandbox=True).number("https://sandbox.zenodo.org/records/7") == 7
    assert zenodo.site(sandbox=True).number("10.5072/zenodo.7") == 7


@pytest.mark.parametrize(
    "base", ["http://zenodo.example.org", "zenodo.org", "ftp://127.0.0.1", "https://", "http://[", ""]
)
def test_the_token_never_travels_in_clear(monkeypatch, root, base):
    monkeypatch.setenv("FUSEBOARD_ZENODO", base)
    with pytest.raises(UsageError, match=r"\$FUSEBOARD_ZENODO is .*; set it to an https address, or unset it"):
        zenodo.pull(root, "7")


def test_reading_needs_no_token_and_sends_one_that_is_set(site, record, root, monkeypatch):
    zenodo.pull(root, str(record.id), split="val")
    assert set(site.carried) == {f"Bearer {TOKEN}"}
    monkeypatch.delenv("ZENODO_TOKEN")
    site.carried.clear()
    zenodo.pull(root, str(record.id), split="test")
    assert set(site.carried) == {None}


@pytest.mark.parametrize("key", ["manifest.json", SHARD])
@pytest.mark.parametrize("fault", ["flip", "short", "long", "page", "gzip"])
def test_what_is_not_as_promised_is_refused(site, record, root, key, fault):
    data = record.files[key].path.read_bytes()
    there = lambda method, path: path.endswith(f"{key}/content")  # noqa: E731
    answers = {
        "short": ({}, data[:-1]),
        "long": ({}, data + b"x" * 9_999_999),
        "page": ({"Content-Type": "text/html; charset=utf-8"}, b"<html>log in</html>"),
        "gzip": ({"Content-Encoding": "gzip"}, data),
    }
    if fault == "flip":
        site.flip = lambda method, path: 9 if there(method, path) else None
    else:
        site.instead = lambda method, path: (200, *answers[fault]) if there(method, path) else None
    with pytest.raises(FuseboardError, match=rf"Zenodo record {record.id}"):
        zenodo.pull(root, str(record.id))
    assert Store(root).versions == []
    assert not list(root.glob(f"embeddings/*/*/{SHARD.replace('~', '/')}"))
    site.instead = site.flip = lambda method, path: None
    assert zenodo.pull(root, str(record.id)).version.manifest == record.version.manifest


def test_a_pull_that_was_cut_off_goes_on(site, record, root):
    size = record.files[SHARD].path.stat().st_size
    site.cut = lambda method, path: size // 7 if SHARD in path else None
    with pytest.raises(FuseboardError, match="run the same command again to go on"):
        zenodo.pull(root, str(record.id))
    site.cut = lambda method, path: None
    site.asked.clear()
    site.spans.clear()
    assert zenodo.pull(root, str(record.id)).version.manifest == record.version.manifest
    assert site.fetched().count(SHARD) == 1
    begun = [span for span in site.spans if span]
    assert f"bytes={size // 7 * 6}-" in begun


def test_a_busy_server_is_asked_again(site, record, root):
    left = iter([429, 500, 503])
    site.instead = lambda method, path: (status, {}, b"{}") if (status := next(left, None)) else None
    assert zenodo.pull(root, str(record.id), split="val").files == 2
    site.instead = lambda method, path: (429, {"Retry-After": "1"}, b"{}")
    with pytest.raises(FuseboardError, match=r"HTTP 429 at each of 6 attempts; run the same command again later"):
        zenodo.pull(root, str(record.id), split="test")


def test_errors_name_the_record_and_the_mend(site, record, root, monkeypatch):
    name = str(record.id)
    with pytest.raises(FuseboardError, match="Zenodo record 8: there is no such record or file; check the number"):
        zenodo.pull(root, "8")
    monkeypatch.setenv("ZENODO_TOKEN", "wrong")
    site.instead = lambda method, path: (401, {}, b'{"message": "no"}')
    with pytest.raises(FuseboardError, match=r"refused \(HTTP 401: no\); set ZENODO_TOKEN to a token"):
        zenodo.pull(root, name)
    for body in (b"<html>", b"[]", b"{}", b'{"id": 7, "files": [7]}'):
        site.instead = lambda method, path, body=body: (200, {}, body)
        with pytest.raises(FuseboardError, match=r"is not JSON|does not answer with a record"):
            zenodo.pull(root, name)
    site.instead = lambda method, path: None
    monkeypatch.setenv("ZENODO_TOKEN", TOKEN)
    kept = record.files.pop(SHARD)
    with pytest.raises(FuseboardError, match=rf"{SHARD} is not there, the manifest says \d+ bytes"):
        zenodo.pull(root, name)
    record.files[SHARD] = File(record.files["manifest.json"].path, kept.md5)
    with pytest.raises(FuseboardError, match=rf"{SHARD} is \d+ bytes, the manifest says \d+ bytes"):
        zenodo.pull(root, name)
    del record.files["manifest.json"]
    with pytest.raises(FuseboardError, match="holds no fuseboard embeddings"):
        zenodo.pull(root, name)
    record.files.clear()
    record.metadata["access_right"] = "restricted"
    with pytest.raises(FuseboardError, match="its files are not open; ask its owner, then set ZENODO_TOKEN"):
        zenodo.pull(root, name)
    monkeypatch.setenv("FUSEBOARD_ZENODO", "http://127.0.0.1:1")
    with pytest.raises(FuseboardError, match=r"the transfer failed \(.*refused\)"):
        zenodo.pull(root, name)


def test_a_full_disk_is_told_and_leaves_nothing_half(site, record, root, monkeypatch):
    opened = Path.open

    class Full(io.BytesIO):
        def write(self, data):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(
        Path, "open", lambda self, mode="r", *a, **k: Full() if mode == "ab" else opened(self, mode, *a, **k)
    )
    with pytest.raises(FuseboardError, match="no space left on the disk"):
        zenodo.pull(root, str(record.id))
    monkeypatch.undo()
    assert Store(root).versions == []
