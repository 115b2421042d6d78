"""Push to and pull from the Hub, with the real client against a server of our own."""

import os
import subprocess
import sys
import time
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fuseboard.store.embeddings import history, manifest, versions
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.files.hashing import sha256_of
from fuseboard.store.remotes import hub
from fuseboard.store.store import Store

REPO = "org/alpha"
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content:DeprecationWarning")


def push(version, repo_id, private=False):
    return hub.push(version.folder.parents[3], version, repo_id, private)


def files(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


@pytest.fixture
def pushed(hub_server, make_version, tmp_path):
    version = make_version(tmp_path / "source")
    (version.folder / "card.toml").write_text('id = "alpha"\n')
    push(version, REPO)
    hub_server.asked.clear()
    return version


def test_push_then_pull_is_bit_identical(pushed, root, hub_server, caplog, capfd):
    landed = hub.pull(root, REPO)
    assert landed.files == 6
    theirs, ours = files(pushed.folder), files(landed.version.folder)
    assert ours.pop("README.md")
    assert theirs.pop("history.json") != ours.pop("history.json"), "each store has its own"
    assert theirs == ours
    [pulled] = history.read(landed.version.folder)
    assert (pulled.what, pulled.where, pulled.revision) == ("pulled", REPO, hub_server.repos[REPO].head)
    assert [(event.what, event.where) for event in history.read(pushed.folder)] == [("pushed", REPO)]
    assert not (root / "incoming" / "alpha").joinpath(pushed.manifest.fingerprint).exists()
    assert hub_server.repos[REPO].tags == {pushed.manifest.fingerprint: hub_server.repos[REPO].head}
    assert "Bearer hf_only_for_the_test" in hub_server.tokens
    assert "hf_only" not in caplog.text + "".join(capfd.readouterr()) + str(ours)


def test_only_what_is_asked_for_is_pulled_and_then_added_to(pushed, root, hub_server):
    first = hub.pull(root, REPO, "digits", "val")
    assert {n for n in hub_server.downloads() if n.endswith(".parquet")} == {
        "digits/val-00000-of-00002.parquet",
        "digits/val-00001-of-00002.parquet",
    }
    assert list(first.version.manifest.datasets["digits"].splits) == ["val"]
    assert list(manifest.read(first.version.folder).datasets["digits"].splits) == ["val"]
    second = hub.pull(root, REPO, split="test", revision=pushed.manifest.fingerprint)
    assert set(second.version.manifest.datasets["digits"].splits) == {"val", "test"}
    assert len(Store(root).blocks("digits", "val", ["alpha"]).ids) == 20


def test_a_second_pull_transfers_no_shard(pushed, root, hub_server):
    hub.pull(root, REPO)
    hub_server.asked.clear()
    assert hub.pull(root, REPO).files == 0
    assert hub_server.downloads() == ["manifest.json"]


def test_a_damaged_shard_is_replaced(pushed, root):
    landed = hub.pull(root, REPO)
    path = landed.version.folder / "digits" / "val-00000-of-00002.parquet"
    path.write_bytes(path.read_bytes()[:-1])
    assert hub.pull(root, REPO).files == 1
    assert files(landed.version.folder / "digits") == files(pushed.folder / "digits")


@pytest.mark.parametrize(
    "fault",
    [lambda data: data[:-1] + bytes([data[-1] ^ 1]), lambda data: b"<html>", lambda data: data + b"more"],
    ids=["wrong byte", "html", "longer"],
)
def test_what_is_not_the_manifests_never_becomes_visible(pushed, root, hub_server, fault, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    hub_server.serve = lambda path, data: fault(data) if path.endswith("val-00001-of-00002.parquet") else data
    with pytest.raises(FuseboardError, match=r"org/alpha"):
        hub.pull(root, REPO)
    assert Store(root).versions == []
    promised = {shard.file: shard.sha256 for _, _, shard in pushed.manifest.shards()}
    for path in root.glob("embeddings/*/*/*/*.parquet"):
        assert sha256_of(path) == promised[path.name], "only whole shards leave `incoming`"
    hub_server.serve = lambda path, data: data
    hub_server.asked.clear()
    assert 0 < hub.pull(root, REPO).files < 6, "whole shards were kept"
    assert files(Store(root).versions[0].folder / "digits") == files(pushed.folder / "digits")


def test_a_connection_cut_in_mid_file_is_taken_up_again(pushed, root, hub_server, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    cut = []

    def serve(path: str, data: bytes) -> bytes:
        if path.endswith(".parquet") and not cut and hub_server.asked[-1][0] == "GET":
            cut.append(path)
            return data[: len(data) // 2]
        return data

    hub_server.serve = serve
    assert hub.pull(root, REPO, split="val").files == 2
    assert cut


def test_the_remote_manifest_is_judged_before_anything_is_downloaded(pushed, root, hub_server):
    tree = dict(hub_server.repos[REPO].commits[hub_server.repos[REPO].head])
    tree["manifest.json"] = tree["manifest.json"].replace(b"val-00000-of-00002.parquet", b"../../../val-0.parquet")
    hub_server.repos[REPO].commit(tree)
    with pytest.raises(FuseboardError, match=r"org/alpha: manifest.json: datasets"):
        hub.pull(root, REPO)
    assert hub_server.downloads() == ["manifest.json"]
    assert not list(root.rglob("*.parquet"))


def test_nothing_is_pulled_through_a_link(pushed, root, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    folder = versions.folder_of(root, "alpha", pushed.manifest.fingerprint)
    folder.mkdir(parents=True)
    (folder / "digits").symlink_to(outside)
    with pytest.raises(FuseboardError, match=r"symbolic link"):
        hub.pull(root, REPO)
    assert not list(outside.iterdir())


def test_other_vectors_under_one_fingerprint_are_never_mixed(pushed, root, make_version):
    mine = make_version(root, vectors=[[0.0] * 4] * 20)
    before = files(mine.folder)
    with pytest.raises(FuseboardError, match=r"other vectors of digits train"):
        hub.pull(root, REPO)
    assert files(mine.folder) == before


def test_errors_name_what_was_asked_for(pushed, root, hub_server, make_version):
    with pytest.raises(FuseboardError, match=r"org/nothing: no such dataset repository"):
        hub.pull(root, "org/nothing")
    with pytest.raises(FuseboardError, match=r"org/alpha at 1234: there is no such version"):
        hub.pull(root, REPO, revision="1234")
    with pytest.raises(UsageError, match=r"unknown dataset 'digit' in org/alpha; did you mean digits"):
        hub.pull(root, REPO, "digit")
    with pytest.raises(UsageError, match=r"unknown split 'dev'"):
        hub.pull(root, REPO, split="dev")
    with pytest.raises(UsageError, match=r"'a/b/c' is not ORG/NAME"):
        hub.pull(root, "a/b/c")
    hub_server.status = lambda method, path: 403
    with pytest.raises(FuseboardError, match=r"refused"):
        push(make_version(root), REPO)


def test_no_licence_no_push(hub_server, make_version, root):
    version = make_version(root, about={"redistribution": "predictions", "licence": "CC-BY-NC-ND-4.0"})
    with pytest.raises(FuseboardError, match=r"CC-BY-NC-ND-4.0"):
        push(version, REPO)
    assert hub_server.asked == []


def test_a_damaged_version_is_not_pushed(hub_server, make_version, root):
    version = make_version(root)
    path = version.folder / "digits" / "test-00000-of-00002.parquet"
    path.write_bytes(path.read_bytes()[::-1])
    with pytest.raises(FuseboardError, match=r"damaged"):
        push(version, REPO)
    assert hub_server.asked == []


def test_a_push_adds_to_its_fingerprint_and_moves_its_tag(pushed, hub_server, make_version, tmp_path, root):
    more = make_version(tmp_path / "elsewhere", dataset="breastmnist")
    push(more, REPO)
    assert hub_server.repos[REPO].tags == {more.manifest.fingerprint: hub_server.repos[REPO].head}
    assert set(hub.pull(root, REPO).version.manifest.datasets) == {"digits", "breastmnist"}
    hub_server.asked.clear()
    push(more, REPO)
    assert not [path for method, path in hub_server.asked if method == "PUT"], "nothing is uploaded twice"


def test_a_new_fingerprint_replaces_the_old_one_which_keeps_its_tag(pushed, hub_server, make_version, tmp_path, root):
    newer = make_version(tmp_path / "newer", identity={"crop": 1}, parts=1)
    push(newer, REPO)
    assert hub.pull(root, REPO).version.spec == newer.spec
    assert hub.pull(root, REPO, revision=pushed.manifest.fingerprint).version.spec == pushed.spec
    head = hub_server.repos[REPO].commits[hub_server.repos[REPO].head]
    assert not [name for name in head if "of-00002" in name], "a glob must not find both versions' shards"


def test_a_repository_of_another_kind_is_left_alone(pushed, hub_server, make_version, tmp_path):
    with pytest.raises(UsageError, match=r"holds alpha, not beta"):
        push(make_version(tmp_path / "b", backbone="beta"), REPO)
    hub_server.repos["org/photos"] = type(hub_server.repos[REPO])()
    hub_server.repos["org/photos"].commit({"photos.parquet": b"mine"})
    with pytest.raises(FuseboardError, match=r"did not make, such as photos.parquet"):
        push(pushed, "org/photos")


def test_datasets_and_duckdb_read_the_pushed_repository(pushed, hub_server, tmp_path):
    pytest.importorskip("datasets")
    code = (
        "from datasets import load_dataset\n"
        "rows = load_dataset('org/alpha', 'digits', split='val')\n"
        "print(rows.num_rows, len(rows[0]['embedding']), rows[7]['id'])\n"
        "import duckdb\n"
        "from huggingface_hub import HfFileSystem\n"
        "duckdb.register_filesystem(HfFileSystem())\n"
        "files = 'hf://datasets/org/alpha/digits/val-*.parquet'\n"
        "print(*duckdb.sql(f\"SELECT count(*), max(id), max(len(embedding)) FROM '{files}'\").fetchall()[0])"
    )
    env = {
        **os.environ,
        "HF_ENDPOINT": hub_server.url,
        "HF_HOME": str(tmp_path / "home"),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
    }
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["20", "4", "7", "20", "19", "4"], done.stderr[-2000:]


def test_two_pulls_at_once_share_the_work(pushed, root, hub_server):
    with ThreadPoolExecutor(2) as pool:
        landed = list(pool.map(lambda _: hub.pull(root, REPO), range(2)))
    assert sorted(one.files for one in landed) == [0, 6]
    assert len([name for name in hub_server.downloads() if name.endswith(".parquet")]) == 6
    assert files(landed[0].version.folder / "digits") == files(pushed.folder / "digits")


@pytest.mark.filterwarnings("ignore:Not enough free disk space")
def test_a_disk_without_room_is_told_before_the_transfer(pushed, root, hub_server, monkeypatch):
    monkeypatch.setattr("fuseboard.store.remotes.pull.shutil.disk_usage", lambda path: namedtuple("Usage", "free")(10))
    with pytest.raises(FuseboardError, match=r"0 MB free under .*--store"):
        hub.pull(root, REPO)
    assert hub_server.downloads() == ["manifest.json"]
    assert Store(root).versions == []


def test_killed_before_the_manifest_is_no_version_and_loses_nothing(pushed, root, monkeypatch):
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(manifest.Manifest, "write", killed)
    with pytest.raises(KeyboardInterrupt):
        hub.pull(root, REPO)
    monkeypatch.undo()
    assert Store(root).versions == []


def test_what_was_in_place_is_not_transferred_again(pushed, root, hub_server):
    landed = hub.pull(root, REPO)
    (landed.version.folder / manifest.FILE).unlink()
    hub_server.asked.clear()
    assert hub.pull(root, REPO).files == 0
    assert len(Store(root).versions) == 1


def test_a_version_is_found_by_the_beginning_of_its_fingerprint(pushed, root, hub_server):
    assert hub.pull(root, REPO, revision=pushed.manifest.fingerprint[:12]).version.spec == pushed.spec
    with pytest.raises(FuseboardError, match=rf"no such version; its versions: {pushed.manifest.fingerprint}"):
        hub.pull(root, REPO, revision="zzz")
    hub_server.repos[REPO].tags[pushed.manifest.fingerprint[:8] + "0" * 24] = hub_server.repos[REPO].head
    with pytest.raises(FuseboardError, match=r"several versions begin so"):
        hub.pull(root, REPO, revision=pushed.manifest.fingerprint[:8])


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_hub_is_asked_again(pushed, root, hub_server, status):
    busy = dict.fromkeys(["manifest.json", "val-00001-of-00002.parquet"], 2)

    def answer(method: str, path: str) -> int | None:
        name = path.rsplit("/", 1)[1]
        if "/resolve/" in path and busy.get(name):
            busy[name] -= 1
            return status
        return None

    hub_server.status = answer
    assert hub.pull(root, REPO, split="val").files == 2
    assert set(busy.values()) == {0}
    hub_server.status = lambda method, path: status if path.endswith("test-00000-of-00002.parquet") else None
    with pytest.raises(FuseboardError, match=rf"org/alpha: HTTP {status} at each of 6 attempts"):
        hub.pull(root, REPO, split="test")


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_without_permission_is_told_what_to_do(pushed, root, hub_server, status):
    hub_server.status = lambda method, path: status if path.endswith(".parquet") else None
    with pytest.raises(FuseboardError, match=rf"refused \(HTTP {status}\); log in with `hf auth login`") as caught:
        hub.pull(root, REPO)
    assert "hf_only" not in str(caught.value)


def test_an_interrupted_push_sends_only_what_is_missing(make_version, tmp_path, root, hub_server, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    version = make_version(tmp_path / "source")
    uploads: list[str] = []

    def broken(method: str, path: str) -> int | None:
        uploads.extend([path] if method == "PUT" else [])
        return 403 if method == "PUT" and len(set(uploads)) > 3 else None

    hub_server.status = broken
    with pytest.raises(FuseboardError, match=r"org/alpha: the Hub refused"):
        push(version, REPO)
    assert hub_server.repos[REPO].tags == {}, "no version before its last shard"
    stored = set(hub_server.blobs)
    assert 0 < len(stored) < 6
    hub_server.status = lambda method, path: None
    hub_server.asked.clear()
    push(version, REPO)
    sent = {path.rsplit("/", 1)[1] for method, path in hub_server.asked if method == "PUT"}
    assert sent.isdisjoint(stored)
    assert len(stored) + len(sent) == 6
    assert hub.pull(root, REPO).files == 6


PULL = (
    "import sys\nfrom pathlib import Path\nfrom fuseboard.store.remotes import hub\n"
    "landed = hub.pull(Path(sys.argv[1]), 'org/alpha')\nprint(landed.files)"
)


def pulling(root: Path, url: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "HF_ENDPOINT": url, "HF_HUB_DISABLE_TELEMETRY": "1"}
    return subprocess.Popen(
        [sys.executable, "-c", PULL, str(root)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_processes_pull_the_same_version_once(pushed, root, hub_server):
    both = [pulling(root, hub_server.url) for _ in range(2)]
    out = [process.communicate(timeout=60) for process in both]
    assert sorted(text for text, _ in out) == ["0\n", "6\n"], out
    assert len([name for name in hub_server.downloads() if name.endswith(".parquet")]) == 6
    [version] = Store(root).versions
    assert files(version.folder / "digits") == files(pushed.folder / "digits")


def test_a_killed_pull_goes_on_in_the_middle_of_a_shard(make_version, tmp_path, root, hub_server):
    version = make_version(tmp_path / "source", rows=4000, dim=512, splits=("val",), parts=1)
    push(version, REPO)
    [shard] = version.manifest.datasets["digits"].splits["val"].shards
    hub_server.trickle = 2**16
    first = pulling(root, hub_server.url)
    partial = root / "incoming" / "alpha" / version.manifest.fingerprint / "digits" / shard.file
    until = time.monotonic() + 60
    while not (partial.is_file() and partial.stat().st_size >= 2**20) and time.monotonic() < until:
        time.sleep(0.01)
    first.kill()
    first.communicate()
    hub_server.trickle = None
    assert 2**20 <= (there := partial.stat().st_size) < shard.bytes
    assert Store(root).versions == []
    hub_server.ranges.clear()
    landed = hub.pull(root, REPO)
    assert hub_server.ranges == [f"bytes={there}-"]
    assert files(landed.version.folder / "digits") == files(version.folder / "digits")
    assert not (root / "incoming" / "alpha" / version.manifest.fingerprint).exists()
