"""The stream: one split's vectors straight from verified shards, a batch at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from fuseboard.store.arrays import Labels
from fuseboard.store.embeddings import block
from fuseboard.store.embeddings.transform_file import coding_of
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError

BATCH_ROWS = 2_048
"""Rows handed over at a time: 12 MiB of a 1,536-wide backbone."""


@dataclass(frozen=True)
class Batch:
    """Adjacent rows, the same images in every part."""

    start: int
    """Place of the first row in the split."""
    labels: Labels
    """(n,) class numbers."""
    parts: list[NDArray[np.float32]]
    """(n, D_k) of each backbone, raw."""


@dataclass(frozen=True)
class Stream:
    """One split of one or more backbones, to be read as often as needed; only ids and labels are held."""

    versions: tuple[Version, ...]
    dataset: str
    split: str
    ids: NDArray[np.uint32]
    """(N,), ascending."""
    labels: Labels
    """(N,) class numbers."""

    @property
    def rows(self) -> int:
        """N."""
        return len(self.ids)

    def batches(self, rows: int = BATCH_ROWS) -> Iterator[Batch]:
        """All rows by ascending id, so many at a time but for the last; one batch is held, and the row group in work.

        Raises:
            FuseboardError: a vector that is not finite, rows out of order, or a shard that cannot be read any more.
        """
        parts = [self._part(version, rows) for version in self.versions]
        for start in range(0, self.rows, rows):
            yield Batch(start, self.labels[start : start + rows], [next(part) for part in parts])

    def _part(self, version: Version, rows: int) -> Iterator[NDArray[np.float32]]:
        """One backbone's (n, D), cut alike for all: shards and row groups of different widths end at different rows."""
        where = f"{version.spec}: {self.dataset} {self.split}"
        matrix, filled, stop = self._empty(version, rows, 0), 0, 0
        for ids, values in self._row_groups(version, where, rows):
            start, stop = stop, stop + len(ids)
            if not np.array_equal(ids, self.ids[start:stop]):
                raise FuseboardError(f"{where}: ids do not ascend after row {start}; extract or pull it again")
            _check_finite(where, ids, values)
            while len(values):
                taken = values[: len(matrix) - filled]
                matrix[filled : filled + len(taken)] = taken
                filled, values = filled + len(taken), values[len(taken) :]
                if filled == len(matrix):
                    yield matrix
                    matrix, filled = self._empty(version, rows, stop - len(values)), 0

    def _empty(self, version: Version, rows: int, start: int) -> NDArray[np.float32]:
        """A new one each time, so that nobody who keeps a batch sees it change."""
        return np.empty((min(rows, self.rows - start), version.manifest.dim), np.float32)

    def _row_groups(self, version: Version, where: str, rows: int) -> Iterator[tuple[NDArray[np.uint32], NDArray[Any]]]:
        """Ids (n,) and vectors (n, D) as stored, in row order, at most `rows` at a time."""
        coding = coding_of(version)
        try:
            for path in version.shards(self.dataset, self.split):
                with pq.ParquetFile(path, pre_buffer=False) as file:  # a buffer would hold it whole
                    for part in file.iter_batches(rows, columns=["id", "embedding"]):
                        flat = part["embedding"].flatten().to_numpy(zero_copy_only=False)
                        yield part["id"].to_numpy(), coding.decode(flat.reshape(-1, coding.width))
        except (OSError, pa.ArrowException) as error:
            reason = str(error).splitlines()[0]
            raise FuseboardError(f"{where}: a shard cannot be read ({reason}); extract or pull it again") from error


def verified(versions: Sequence[Version], dataset: str, split: str) -> Stream:
    """Opens a split, every shard of it held against its SHA-256 once in the life of the process; reads no vector.

    Args:
        versions: of different backbones, at least one.
        dataset: of all of them; each image has one class.
        split: of the dataset.

    Raises:
        FuseboardError: a damaged shard, a missing split, or backbones that do not hold the same images and labels.
    """
    held = [(version, block.read(version, dataset, split, vectors=False)) for version in versions]
    (first, own), *others = held
    for other, theirs in others:
        same = np.array_equal(own.ids, theirs.ids) and np.array_equal(own.labels, theirs.labels)
        numbering = {version.manifest.entry(dataset, split).numbering for version in (first, other)}
        if not same or len(numbering) > 1:
            raise FuseboardError(
                f"{dataset} {split}: {first.spec} and {other.spec} have not the same images and labels, row by row; "
                "extract both again, or measure each alone with --backbones"
            )
    return Stream(tuple(versions), dataset, split, own.ids, own.labels)


def _check_finite(where: str, ids: NDArray[np.uint32], values: NDArray[Any]) -> None:
    bad = ids[~np.isfinite(values).all(axis=1)]
    if len(bad):
        raise FuseboardError(f"{where}: the vector of id {int(bad[0])} holds NaN or infinity; extract or pull it again")
