"""The arrival: whatever a folder or the Hub serves, only the submitted bytes come in, and into the quarantine only."""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import stamina

from fuseboard.harness.search.pool import gather
from fuseboard.harness.submissions.shards import quarantine
from fuseboard.store.embeddings import versions
from fuseboard.store.errors import FuseboardError
from fuseboard.store.remotes import pull
from fuseboard.store.remotes.http import ATTEMPTS
from fuseboard.store.store import Store
from tests.harness.submissions.field import DATA
from tests.harness.submissions.stranger import Stranger, first_problem
from tests.store import zenodo_server
from tests.store.hub_client import point_at, server_module
from tests.store.zenodo_api import File

REPOSITORY = "stranger/hog"
zenodo = zenodo_server.zenodo
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content:DeprecationWarning")


@pytest.fixture
def stranger(small_store: Path, tmp_path: Path) -> Stranger:
    return Stranger(small_store, tmp_path)


@pytest.fixture(scope="module")
def _server() -> Iterator[Any]:
    module = server_module("hub_server_of_arrivals")
    server = module.FakeHub()
    server.module = module
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def hub(_server: Any, stranger: Stranger, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """The store's loopback Hub, with the stranger's shards in a repository, at the commit that the statement names."""
    _server.reset()
    point_at(_server.url, monkeypatch, tmp_path / "hub-cache")
    _server.repos[REPOSITORY] = _server.module.Repo()
    publish(_server, stranger)
    with stamina.set_testing(True, attempts=ATTEMPTS):
        yield _server


def publish(hub: Any, stranger: Stranger, leave_out: str = "", **more: bytes) -> None:
    """Commits what lies in the stranger's folder, and names the commit."""
    files = {str(p.relative_to(stranger.shards)): p.read_bytes() for p in stranger.shards.rglob("*") if p.is_file()}
    tree = {name: data for name, data in files.items() if name != leave_out} | more
    commit = hub.repos[REPOSITORY].commit(tree)
    stranger.state(f'hub = "{REPOSITORY}"\nrevision = "{commit}"')


def test_shards_come_from_the_hub(stranger: Stranger, hub: Any) -> None:
    found = stranger.check()
    assert not found.is_bad, first_problem(found.findings)
    assert found.version is not None
    assert found.version.folder.is_relative_to(stranger.root / "submitted" / "hog")
    assert (found.version.folder / "card.toml").read_text() == (stranger.folder / "card.toml").read_text()
    assert len([name for name in hub.downloads() if name.endswith(".parquet")]) == 3
    assert not stranger.check().is_bad
    assert len([name for name in hub.downloads() if name.endswith(".parquet")]) == 3


@pytest.fixture
def no_waiting() -> Iterator[None]:
    """What the loopback Zenodo asks for: attempts follow each other at once."""
    with stamina.set_testing(True, attempts=ATTEMPTS):
        yield


@pytest.fixture
def record(zenodo: Any, stranger: Stranger) -> Any:
    """A published record of the store's loopback Zenodo, with the stranger's shards in it."""
    made = zenodo.new("somebody")
    for path in sorted(p for p in stranger.shards.rglob("*") if p.is_file()):
        name = path.relative_to(stranger.shards).as_posix().replace("/", "~")
        copy = zenodo.folder / name
        copy.write_bytes(path.read_bytes())
        made.files[name] = File(copy, hashlib.md5(copy.read_bytes()).hexdigest())
    made.published = True
    stranger.state(f'zenodo = "10.5281/zenodo.{made.id}"')
    return made


def test_shards_come_from_a_zenodo_record(stranger: Stranger, record: Any, zenodo: Any) -> None:
    found = stranger.check()
    assert not found.is_bad, first_problem(found.findings)
    assert len([name for name in zenodo.fetched() if name.endswith(".parquet")]) == 3


def test_a_record_of_other_bytes_is_refused(stranger: Stranger, record: Any) -> None:
    (name,) = (name for name in record.files if "~test-" in name)
    copy = record.files[name].path
    data = bytearray(copy.read_bytes())
    data[-1] ^= 1
    copy.write_bytes(bytes(data))
    record.files[name] = File(copy, hashlib.md5(copy.read_bytes()).hexdigest())
    assert "SHA-256" in stranger.problem()


def test_nothing_of_it_is_seen_by_the_rest_of_the_store(stranger: Stranger) -> None:
    assert not stranger.check().is_bad
    assert [v.manifest.backbone for v in versions.survey(stranger.root)[0]] == ["pixels"]
    assert list(gather(Store(stranger.root), DATA, []).versions) == ["pixels"]


def other_bytes(path: str, data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1]) if path.endswith(".parquet") else data


def parquet(answer: Callable[[Any], None]) -> Callable[[Any, pytest.MonkeyPatch], None]:
    """Lets the Hub answer requests of shards in another way."""

    def change(hub: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        handler = hub.RequestHandlerClass
        usual = handler.resolve

        def resolve(self: Any, body: bytes, repo: str, revision: str, path: str) -> None:
            if path.endswith(".parquet"):
                answer(self)
            else:
                usual(self, body, repo, revision, path)

        monkeypatch.setattr(handler, "resolve", resolve)

    return change


def redirect(to: str) -> Callable[[Any], None]:
    return lambda self: self.answer(302, b"", {"Location": self.server.url + to if to.startswith("/") else to})


def page(self: Any) -> None:
    self.send_response(200)
    self.send_header("Content-Type", "text/html")
    self.send_header("Content-Length", "4")
    self.end_headers()
    self.wfile.write(b"<h1>")


HUB: dict[str, tuple[Callable[[Any, pytest.MonkeyPatch], None], str]] = {
    "other bytes": (lambda hub, _: setattr(hub, "serve", other_bytes), "is not the manifest's"),
    "more bytes": (lambda hub, _: setattr(hub, "serve", lambda p, d: d + b"x" if p.endswith("parquet") else d),
                   "the manifest says"),
    "a page": (parquet(page), "an HTML page instead of the file"),
    "a redirect in a circle": (parquet(redirect(f"/datasets/{REPOSITORY}/resolve/main/a.parquet")), "transfer failed"),
    "a redirect to a local file": (parquet(redirect("file:///etc/passwd")), "the transfer failed"),
    "a redirect to other bytes": (parquet(redirect(f"/datasets/{REPOSITORY}/resolve/main/card.toml")),
                                  "the manifest says"),
    "busy for ever": (lambda hub, _: setattr(hub, "status", lambda m, p: 503 if p.endswith("parquet") else None),
                      "HTTP 503 at each of 6 attempts"),
    "no such repository": (lambda hub, _: hub.repos.clear(), "no such dataset repository, or a private one"),
    "forbidden": (lambda hub, _: setattr(hub, "status", lambda m, p: 403), "refused (HTTP 403)"),
}  # fmt: skip


@pytest.mark.parametrize("case", HUB)
def test_what_the_hub_serves_otherwise_is_refused(
    case: str, stranger: Stranger, hub: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    change, message = HUB[case]
    change(hub, monkeypatch)
    problem = stranger.problem()
    assert problem.startswith("shards: stranger/hog at ")
    assert message in problem
    assert "hf_only_for_the_test" not in problem
    assert not list((stranger.root / "submitted" / "hog").glob("embeddings/**/*.parquet"))
    assert not list((stranger.root / "submitted").rglob("manifest.json"))


def test_another_commit_than_asked_for_is_refused(stranger: Stranger, hub: Any) -> None:
    repo = hub.repos[REPOSITORY]
    repo.resolve = lambda revision: next(iter(repo.commits))
    assert "the Hub answered with commit" in stranger.problem()


def test_a_commit_that_is_not_there(stranger: Stranger, hub: Any) -> None:
    stranger.state(f'hub = "{REPOSITORY}"\nrevision = "{"0" * 40}"')
    assert "there is no such version" in stranger.problem()


def test_a_repository_without_a_manifest(stranger: Stranger, hub: Any) -> None:
    publish(hub, stranger, leave_out="manifest.json")
    assert "there is no manifest.json; publish with `fuseboard store push`" in stranger.problem()


def test_a_manifest_of_a_gigabyte_is_not_read(stranger: Stranger, hub: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pull, "TEXT_LIMIT", 1_000)
    assert "a file has more than the 1000 bytes it may have" in stranger.problem()


def test_a_repository_that_lacks_a_shard(stranger: Stranger, hub: Any) -> None:
    publish(hub, stranger, leave_out=f"{DATA}/val-00000-of-00001.parquet")
    assert "val-00000-of-00001.parquet is not there, the manifest says" in stranger.problem()


def test_a_manifest_of_another_backbone(stranger: Stranger, hub: Any) -> None:
    (pixels,) = stranger.root.glob("embeddings/pixels/*/manifest.json")
    publish(hub, stranger, **{"manifest.json": pixels.read_bytes()})
    assert "its manifest has backbone pixels, not hog; submit the manifest.json of exactly" in stranger.problem()


def test_a_manifest_with_other_shards(stranger: Stranger, hub: Any) -> None:
    said = (stranger.folder / "manifest.json").read_text()
    stranger.embed("val", stranger.vectors("val") + 1)
    (stranger.folder / "manifest.json").write_text(said)
    publish(hub, stranger)
    assert "its manifest has other datasets or shards" in stranger.problem()


def changed(stranger: Stranger) -> None:
    data = bytearray(stranger.path("val").read_bytes())
    data[100] ^= 1
    stranger.path("val").write_bytes(bytes(data))


def linked(stranger: Stranger) -> None:
    stranger.path("val").rename(stranger.shards / "elsewhere")
    stranger.path("val").symlink_to(stranger.shards / "elsewhere")


def linked_folder(stranger: Stranger) -> None:
    (stranger.shards / DATA).rename(stranger.shards.parent / "elsewhere")
    (stranger.shards / DATA).symlink_to(stranger.shards.parent / "elsewhere")


def linked_manifest(stranger: Stranger) -> None:
    (stranger.shards / "manifest.json").rename(stranger.shards / "elsewhere")
    (stranger.shards / "manifest.json").symlink_to(stranger.shards / "elsewhere")


def pipe(stranger: Stranger) -> None:
    stranger.path("val").unlink()
    os.mkfifo(stranger.path("val"))


def longer(stranger: Stranger) -> None:
    with stranger.path("val").open("ab") as file:
        file.write(b"x")


FOLDER: dict[str, tuple[Callable[[Stranger], None], str]] = {
    "one bit changed": (changed, "is not the manifest's"),
    "a byte more": (longer, "bytes, the manifest says"),
    "cut off": (lambda s: os.truncate(s.path("val"), 100), "val-00000-of-00001.parquet is 100 bytes, the manifest"),
    "gone": (lambda s: s.path("val").unlink(), "val-00000-of-00001.parquet is not there"),
    "a link": (linked, "nothing is read through a symbolic link"),
    "a linked folder": (linked_folder, "nothing is read through a symbolic link"),
    "a linked manifest": (linked_manifest, "manifest.json cannot be read"),
    "a pipe": (pipe, "val-00000-of-00001.parquet is not there"),
    "no folder": (lambda s: shutil.rmtree(s.shards), "no such folder on this machine"),
    "a device": (lambda s: s.state('folder = "/dev"'), "there is no manifest.json"),
}


@pytest.mark.parametrize("case", FOLDER)
def test_what_a_folder_holds_otherwise_is_refused(case: str, stranger: Stranger) -> None:
    change, message = FOLDER[case]
    change(stranger)
    problem = stranger.problem()
    assert problem.startswith("shards: ")
    assert message in problem
    assert not list((stranger.root / "submitted").rglob("manifest.json"))


def test_a_file_that_grows_while_it_is_copied(stranger: Stranger, monkeypatch: pytest.MonkeyPatch) -> None:
    longer(stranger)
    monkeypatch.setattr(pull, "expect", lambda *_: None)
    assert "val-00000-of-00001.parquet: more than the" in stranger.problem()


def test_too_much_is_refused_before_anything_is_asked(stranger: Stranger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quarantine, "MAX_BYTES", 1000)
    monkeypatch.setattr(quarantine, "_remote", lambda _: pytest.fail("asked"))
    assert "0 GB of shards, 0 GB are the limit" in stranger.problem()


def test_a_full_disk(stranger: Stranger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 0))
    assert "MB free under" in stranger.problem()


def test_a_new_version_takes_the_place_of_the_one_before(stranger: Stranger) -> None:
    first = stranger.check().version
    assert first is not None
    stranger.embed("val", stranger.vectors("val") * 2)
    stranger.check()
    (left,) = (stranger.root / "submitted" / "hog").glob("embeddings/*/*")
    said = (left / "manifest.json").read_text()
    assert stranger.version.manifest.entry(DATA, "val").shards[0].sha256 in said


def test_what_is_damaged_in_the_quarantine_is_fetched_again(stranger: Stranger) -> None:
    version = stranger.check().version
    assert version is not None
    damaged = version.folder / DATA / stranger.path("val").name
    damaged.unlink()  # it may be a second name of the stranger's own file
    damaged.write_bytes(b"damaged")
    (version.folder / "manifest.json").write_text("{}")
    assert not stranger.check().is_bad


def test_two_checks_of_one_name_exclude_each_other(stranger: Stranger) -> None:
    with (
        quarantine.locked(Store(stranger.root), "hog"),
        pytest.raises(FuseboardError, match="another check of it is running"),
    ):
        stranger.check()
    assert not stranger.check().is_bad


def test_ctrl_c_leaves_nothing_that_looks_whole(stranger: Stranger, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(pull.atomic, "move", interrupted)
        with pytest.raises(KeyboardInterrupt):
            stranger.check()
    assert not list((stranger.root / "submitted").rglob("manifest.json"))
    assert not stranger.check().is_bad
