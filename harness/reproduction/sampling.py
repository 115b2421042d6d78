"""The sample: a few images of a version, drawn so that nobody knows beforehand which, and their stored vectors."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.backbones.encoder import Encoder
from fuseboard.harness.datasets import known_names, registry
from fuseboard.harness.datasets.dataset import Dataset, Image
from fuseboard.store.embeddings import block
from fuseboard.store.embeddings.manifest import DatasetEntry
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files.hashing import fingerprint

SIZE = 32
"""Images that are embedded again of every dataset."""
BATCH = 8

Drawn = Mapping[str, list[int]]
"""Split -> ids of the sample, ascending."""
Pixels = NDArray[np.uint8]
Vectors = NDArray[np.float32]


def draw(version: Version, name: str, entry: DatasetEntry) -> dict[str, list[int]]:
    """Split -> ids of the sample, ascending; every image of the dataset is as likely.

    Fingerprint and shards are the seed: the same vectors always meet the same sample, and nobody can make those of the
    sample alone, because other vectors are other shards.
    """
    shards = [shard.sha256 for split in entry.splits.values() for shard in split.shards]
    seed = fingerprint({"fingerprint": version.manifest.fingerprint, "dataset": name, "shards": shards})
    rows = {split: part.rows for split, part in entry.splits.items()}
    total = sum(rows.values())
    rows_drawn = np.sort(np.random.default_rng(int(seed, 16)).choice(total, min(SIZE, total), replace=False))
    found: dict[str, list[int]] = {}
    start = 0
    for split, count in rows.items():
        if len(own := rows_drawn[(rows_drawn >= start) & (rows_drawn < start + count)] - start):
            found[split] = own.tolist()
        start += count
    return found


def images_at_hand(name: str, entry: DatasetEntry) -> tuple[Dataset | None, str]:
    """The dataset on this machine, or why it is not. A name is never taken for a path, nothing is downloaded."""
    if known_names.base_name(name) not in registry.names():
        return None, "its images are not known by this name"
    found = registry.get(name)
    why = unlike(found, entry)
    return (None, why) if why else (found, "")


def unlike(dataset: Dataset, entry: DatasetEntry) -> str:
    """Why the images of a dataset cannot be those of a version's; nothing where they are."""
    if any(split.numbering != "official" for split in entry.splits.values()):
        return "its row order is unknown"
    if not dataset.at_hand:
        return "its images are not on this machine"
    return "" if dataset.source_md5 == entry.source_md5 else "the images on this machine are of another file"


def images(dataset: Dataset, drawn: Drawn) -> list[Image]:
    """The images of a sample, split by split."""
    found = []
    for split, ids in drawn.items():
        if split not in dataset.splits or ids[-1] >= len(dataset.labels(split)):
            raise FuseboardError(f"{split} has fewer images here than the version has rows")
        found += [read() for read in dataset.pick(split, np.array(ids))]
    return found


def stored(version: Version, name: str, drawn: Drawn) -> Vectors:
    """The stored vectors (n, D) of a sample, split by split; shards are held against their hashes."""
    found = []
    for split, ids in drawn.items():
        own = block.read(version, name, split)
        at = np.searchsorted(own.ids, ids)
        if (at >= len(own.ids)).any() or not np.array_equal(own.ids[at], ids):
            raise FuseboardError(f"{name} {split}: ids of the sample are missing")
        found.append(own.matrix[at])
    return np.concatenate(found)


def embed(pictures: list[Image], prepare: Callable[[Image], Any], encoder: Encoder) -> Vectors:
    """The vectors (n, D) that an encoder makes of some images."""
    pixels = [prepare(picture) for picture in pictures]
    batches = [np.stack(pixels[start : start + BATCH]) for start in range(0, len(pixels), BATCH)]
    return np.concatenate([encoder.encode(batch) for batch in batches])


def difference(one: Vectors, other: Vectors) -> float:
    """The largest difference of two sets of vectors, as a share of the largest component; NaN where one holds it."""
    scale = max(float(np.abs(one).max()), float(np.abs(other).max())) or 1.0
    return float(np.abs(one - other).max()) / scale
