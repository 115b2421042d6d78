"""Checking a submission: the speed of its shards' bytes, beside reading and hashing them once, and its memory.

By default about a tenth of MedMNIST+; `FUSEBOARD_CHECK_SHARE=1` makes all of its 12 datasets and 707,962 images.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fuseboard.harness.backbones import registry
from fuseboard.harness.datasets import known_names
from fuseboard.harness.datasets import registry as datasets
from fuseboard.store.embeddings import shards
from fuseboard.store.embeddings.manifest import DatasetEntry, Manifest, Profile, Split, now

BACKBONE = "dinov2-base"
SHARE = float(os.environ.get("FUSEBOARD_CHECK_SHARE", "0.1"))
SHARD_ROWS = 8_192
COST = Profile(
    images=0, wall_s=0, images_per_s=None, batch_size=1, precision="fp32", device="-", peak_rss_mb=0, peak_vram_mb=None
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A submission of random vectors, 768 float32 each, whose shards lie beside it."""
    place = tmp_path_factory.mktemp("check")
    shipped, rng = registry.get(BACKBONE), np.random.default_rng(0)
    source = shipped.source.model_copy(update={"sha256": "0" * 64})  # of weights that nobody has
    card = shipped.model_copy(update={"id": "random", "title": "Random", "source": source, "unverified": ()})
    version = place / "embeddings" / card.id / card.fingerprint
    entries = {}
    for flag in known_names.FLAGS:
        first = max(200, int(SHARE * max(datasets.get(flag).rows(split) or 0 for split in ("train", "val", "test"))))
        known = datasets.get(flag if SHARE >= 1 else f"{flag}-first{first}")
        splits = {}
        for split in known.splits:
            rows = known.rows(split) or 0
            starts = range(0, rows, SHARD_ROWS)
            pieces = []
            for index, start in enumerate(starts):
                ids = np.arange(start, min(start + SHARD_ROWS, rows), dtype=np.uint32)
                classes = len(known.label_names)
                several = known.task.startswith("multi-label")
                labels = rng.integers(0, 2 if several else classes, (len(ids), classes) if several else len(ids))
                path = version / known.name / shards.file_name(split, index, len(starts))
                vectors = rng.standard_normal((len(ids), card.dim), dtype=np.float32)
                pieces.append(shards.write(path, ids, labels, vectors, {}))
            splits[split] = Split(rows=rows, shards=tuple(pieces), profile=COST)
        entries[known.name] = DatasetEntry(
            task=known.task, n_classes=len(known.label_names), label_names=known.label_names, licence=known.licence,
            source_md5=known.source_md5, splits=splits,
        )  # fmt: skip
    manifest = Manifest(
        backbone=card.id, fingerprint=card.fingerprint, identity=card.identity, dim=card.dim, dtype="float32",
        created=now(), about=card.about, libraries={}, datasets=entries,
    )  # fmt: skip
    manifest.write(version)
    submission = place / card.id
    submission.mkdir()
    shutil.copy(version / "manifest.json", submission)
    (submission / "card.toml").write_text(card.toml())
    (submission / "submission.toml").write_text(f'status = "active"\n[shards]\nfolder = "{version}"\n')
    return submission


MEASURE = """
import hashlib, json, resource, sys, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import pyarrow.parquet as pq
import fuseboard.harness.submissions.reproduction  # its libraries are loaded once, whatever is checked
from fuseboard.harness.backbones import registry
from fuseboard.harness.submissions.check import check
from fuseboard.store.store import Store

def timed(run):
    wall, processor = time.perf_counter(), time.process_time()
    found = run()
    return found, time.perf_counter() - wall, time.process_time() - processor

def look(path):
    with path.open("rb") as file:
        hashlib.file_digest(file, "sha256")
    with pq.ParquetFile(path, pre_buffer=False) as file:
        for _ in file.iter_batches(2048):
            pass

def peer():
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(look, paths))

folder, root = map(Path, sys.argv[1:])
paths = sorted((folder.parent / "embeddings").rglob("*.parquet"))
size = sum(path.stat().st_size for path in paths) / 1e6
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
checked, first, first_processor = timed(lambda: check(folder, Store(root, registry.fingerprints)))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
again, second, second_processor = timed(lambda: check(folder, Store(root, registry.fingerprints)))
_, peer_wall, peer_processor = timed(peer)
bad = [finding.message for finding in (*checked.findings, *again.findings) if finding.is_bad]
print(json.dumps({"bad": bad, "MB": size, "before_MiB": before, "peak_MiB": peak, "first_s": first,
    "first_processor_s": first_processor, "again_s": second, "again_processor_s": second_processor,
    "peer_s": peer_wall, "peer_processor_s": peer_processor}))
"""


def test_a_check_streams(folder: Path, tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-c", MEASURE, str(folder), str(tmp_path / "store")],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(answer.stdout)
    print(f"\n{json.dumps(found, indent=1)}")
    print(f"{found['MB'] / found['first_s']:.0f} MB/s with the copy, {found['MB'] / found['again_s']:.0f} MB/s again")
    print(f"check / (read and SHA-256) = {found['again_s'] / found['peer_s']:.2f}, in processor seconds", end=" ")
    print(f"{found['again_processor_s'] / found['peer_processor_s']:.2f}")
    assert found["bad"] == []
    assert found["peak_MiB"] < 1024
    assert found["again_processor_s"] < 4 * found["peer_processor_s"]
