"""Pull and push over the loopback: at least half the speed of `cp` and one SHA-256 pass, in under 200 MB of memory."""

import multiprocessing
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fuseboard.store.embeddings import manifest, shards, versions
from fuseboard.store.embeddings.manifest import Backbone, DatasetEntry, Manifest, Split
from fuseboard.store.files.hashing import fingerprint, sha256_of

REPOSITORY = Path(__file__).parents[2]
SHARD_MB, COUNT, DIM = 128, 4, 1024
PULL = "from fuseboard.store.remotes import hub; hub.pull(Path(sys.argv[1]), 'org/wide')"
PUSH = (
    "from fuseboard import Store; from fuseboard.store.remotes import hub; "
    "hub.push(Path(sys.argv[1]), Store(Path(sys.argv[1])).version('wide'), 'org/wide', False)"
)
# Not ru_maxrss, which a child inherits from the process that it was forked from.
PEAK = "; print([line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')][0])"


def serve(connection: Any) -> None:
    """A process of its own, so that the server does not take turns with the client."""
    sys.path.insert(0, str(REPOSITORY / "tests" / "store"))
    import hub_server

    server = hub_server.FakeHub()
    connection.send(server.url)
    connection.recv()


@pytest.fixture
def url() -> Iterator[str]:
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    process.start()
    yield ours.recv()
    ours.send(None)
    process.join()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A version of random vectors, which compress as badly as real ones."""
    root, identity = tmp_path / "source", {"name": "wide"}
    folder = versions.folder_of(root, "wide", fingerprint(identity))
    rows = SHARD_MB * 2**20 // (4 * DIM)
    made = []
    for index in range(COUNT):
        vectors = np.random.default_rng(index).standard_normal((rows, DIM), np.float32)
        path = folder / "digits" / shards.file_name("train", index, COUNT)
        ids = np.arange(index * rows, (index + 1) * rows, dtype=np.uint32)
        made.append(shards.write(path, ids, (ids % 3).astype(np.uint16), vectors, {}))
    about = Backbone(
        title="wide", licence="MIT", redistribution="embeddings", parameters=None, source="made up", paper=None,
        pretraining=(), overlap=(),
    )  # fmt: skip
    entry = DatasetEntry(
        task="multi-class", n_classes=3, label_names=("0", "1", "2"), licence="MIT", source_md5="0" * 32,
        splits={"train": Split(rows=rows * COUNT, shards=tuple(made), profile=None)},
    )  # fmt: skip
    Manifest(
        backbone="wide", fingerprint=fingerprint(identity), identity=identity, dim=DIM, dtype="float32",
        created=manifest.now(), about=about, libraries={}, datasets={"digits": entry},
    ).write(folder)  # fmt: skip
    return root


def child(code: str, url: str, *arguments: str) -> float:
    """Runs code in a fresh process against the loopback Hub and returns its peak resident memory in MB."""
    environment = {**os.environ, "HF_ENDPOINT": url, "HF_HUB_DISABLE_XET": "1", "HF_TOKEN": "hf_only_for_the_test"}
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; from pathlib import Path; {code}{PEAK}", *arguments],
        cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return float(done.stdout.split()[-1]) / 1024


def test_pull_and_push_stream_at_half_the_speed_of_the_disk(
    url: str, source: Path, tmp_path: Path, ratio: Callable[..., float], monkeypatch: pytest.MonkeyPatch
) -> None:
    peak_push = child(PUSH, url, str(source))
    peak_pull = child(PULL, url, str(tmp_path / "measured"))
    print(
        f"\npeak memory: push {peak_push:.0f} MB, pull {peak_pull:.0f} MB, of {SHARD_MB * COUNT} MB in {COUNT} shards"
    )
    assert max(peak_push, peak_pull) < 200

    from huggingface_hub import constants

    from fuseboard.store.remotes import hub

    monkeypatch.setattr(constants, "ENDPOINT", url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", url + "/{repo_id}/resolve/{revision}/{filename}")
    number = iter(range(100))
    files = sorted(source.rglob("*.parquet"))

    def ours() -> None:
        root = tmp_path / f"pulled-{next(number)}"
        hub.pull(root, "org/wide")
        shutil.rmtree(root)

    def peer() -> None:
        folder = tmp_path / f"copied-{next(number)}"
        folder.mkdir()
        for path in files:
            subprocess.run(["cp", path, folder], check=True)
            sha256_of(folder / path.name)
        shutil.rmtree(folder)

    assert ratio(ours, peer, rounds=3) >= 0.5
