"""Deposits and pulls by processes of their own: one that is killed, one whose memory is measured."""

import hashlib
import os
import re
import subprocess
import sys

import pytest

from fuseboard.store.embeddings.manifest import Shard
from fuseboard.store.remotes.zenodo_deposit import Creator, deposit
from tests.store import zenodo_server

site = zenodo_server.zenodo
ANNA = Creator("Doe, Anna", "University of X", "0000-0002-1825-0097")
KEYS = [f"digits~{split}-0000{n}-of-00002.parquet" for split in ("train", "val", "test") for n in (0, 1)]

CODE = """
import sys
from pathlib import Path
from fuseboard.store.embeddings import versions; from fuseboard.store.remotes import zenodo
from fuseboard.store.store import Store
from fuseboard.store.remotes.zenodo_deposit import Creator; from fuseboard.store.remotes.zenodo_deposit import deposit

root, other = map(Path, sys.argv[1:])
done = deposit(root, Store(root).version("alpha"), [Creator("Doe, Anna")], publish=True)
zenodo.pull(other, done.doi)
print(Path("/proc/self/status").read_text())
"""


@pytest.fixture
def version(make_version, root):
    made = make_version(root)
    (made.folder / "card.toml").write_text('id = "alpha"\n')
    return made


def test_a_deposit_that_was_killed_sends_only_what_is_missing(site, root, version):
    running: list[subprocess.Popen[bytes]] = []

    def kill(method, path):
        if method == "PUT" and path.endswith(KEYS[3]):
            running[0].kill()

    site.cut = kill
    running.append(subprocess.Popen([sys.executable, "-c", CODE, str(root), str(root)]))
    assert running[0].wait(60) == -9
    site.cut = lambda method, path: None
    there = {name for made in site.depositions.values() for name in made.files}
    assert there == {"README.md", "card.toml", *KEYS[:3]} | (there & {KEYS[3]})
    site.asked.clear()
    assert deposit(root, version, [ANNA], publish=True).published
    assert set(site.sent()) == {*KEYS, "manifest.json"} - there
    assert len(site.depositions) == 1


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="peak memory is read from Linux's /proc")
def test_memory_stays_small_whatever_the_file_size(site, root, make_version, tmp_path):
    small = make_version(root, splits=("val",), parts=1)
    path = small.folder / "digits" / "val-00000-of-00001.parquet"
    data = os.urandom(2**20) * 300
    path.write_bytes(data)
    entry = small.manifest.datasets["digits"]
    shard = Shard(file=path.name, rows=20, bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
    split = entry.splits["val"].model_copy(update={"shards": (shard,)})
    entry = entry.model_copy(update={"splits": {"val": split}})
    small.manifest.model_copy(update={"datasets": {"digits": entry}}).write(small.folder)
    del data
    cuts = iter([200_000_000])
    site.cut = lambda method, path: next(cuts, None) if path.endswith(".parquet/content") else None
    run = subprocess.run(
        [sys.executable, "-c", CODE, str(root), str(tmp_path / "other")], capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stderr
    assert site.spans[-1] == "bytes=200000000-"
    peak_mb = int(re.search(r"VmHWM:\s+(\d+) kB", run.stdout)[1]) / 1024
    print(f"peak RSS {peak_mb:.0f} MB")
    assert peak_mb < 200
