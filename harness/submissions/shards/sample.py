"""A sample of a split's images, drawn so that few row groups of other backbones have to be read for it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from fuseboard.store.embeddings.manifest import Split
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files.hashing import fingerprint

IMAGES = {"train": 1_200, "val": 500, "test": 1_000}
RUN = 100
"""Images that follow one another in a sample; neighbours tell whether the rows are shifted."""

Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class Sample:
    """Images of one split, and a submission's vectors of them."""

    ids: NDArray[np.int64]
    """Ascending."""
    matrix: Matrix
    """(n, D)."""


def draw(split: str, facts: Split) -> NDArray[np.int64]:
    """Ids of the sample, ascending: all where there are few, else runs from all over the split.

    The shards' own hashes are the seed: the same submission is always judged by the same images, and whoever wants
    others has to change vectors first.
    """
    wanted = min(IMAGES[split], facts.rows)
    if wanted == facts.rows:
        return np.arange(wanted)
    seed = int(fingerprint({"shards": [shard.sha256 for shard in facts.shards]}), 16)
    runs = wanted // RUN
    room = facts.rows // runs if runs else 0
    starts = np.arange(runs) * room + np.random.default_rng(seed).integers(0, max(1, room - RUN + 1), runs)
    return (starts[:, None] + np.arange(min(RUN, room))).reshape(-1)


def read(version: Version, dataset: str, split: str, ids: NDArray[np.int64]) -> Matrix | None:
    """Vectors (n, D) of some images, of a version whose rows lie in the order of their ids; None where they do not.

    Only the row groups that hold the images are read.
    """
    found = np.empty((len(ids), version.manifest.dim), np.float32)
    begin = 0
    for path, shard in version.shards(dataset, split).items():
        if np.searchsorted(ids, begin) < np.searchsorted(ids, begin + shard.rows):
            try:
                with pq.ParquetFile(path, pre_buffer=False) as file:
                    if not _fill(file, begin, ids, found):
                        return None
            except (OSError, KeyError, ValueError, pa.ArrowException) as error:
                raise FuseboardError(f"{path}: not readable as a shard ({str(error).splitlines()[0]})") from error
        begin += shard.rows
    return found


def _fill(file: Any, begin: int, ids: NDArray[np.int64], found: Matrix) -> bool:
    """Fills in what one shard holds, whose first row is number `begin`; False where a row is of another image."""
    for index in range(file.metadata.num_row_groups):
        stop = begin + file.metadata.row_group(index).num_rows
        first, last = np.searchsorted(ids, [begin, stop])
        if first < last:
            table = file.read_row_group(index, columns=["id", "embedding"], use_threads=False)
            rows = ids[first:last] - begin
            if not np.array_equal(table["id"].to_numpy()[rows], ids[first:last]):
                return False
            flat = table["embedding"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
            found[first:last] = flat.reshape(table.num_rows, -1)[rows]
        begin = stop
    return True
