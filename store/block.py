"""A block: one backbone's vectors of one split, read from its shards through DuckDB."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from store.errors import FuseboardError
from store.versions import Version

BATCH_ROWS = 20_480
"""Rows handed over by DuckDB at a time; blocks of 60,000 x 1,024 read fastest near it."""

Labels = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Block:
    """Rows in ascending order of their ids, each id once."""

    ids: NDArray[np.uint32]
    labels: Labels
    """(N,) class numbers, or (N, L) of 0 and 1 for multi-label."""
    matrix: NDArray[np.float32]
    """(N, D), contiguous; (N, 0) when only the labels were read."""


def read(version: Version, dataset: str, split: str, checked: set[Path], vectors: bool = True) -> Block:
    """Reads a split of a version; peak memory is the block and one batch.

    Args:
        version: where the shards lie.
        dataset: of the version.
        split: of the dataset.
        checked: shards whose SHA-256 was verified before; it grows by those verified now.
        vectors: False reads the ids and labels alone.

    Raises:
        FuseboardError: a damaged shard, rows missing or too many, an id twice, a vector that is not finite.
    """
    rows = version.manifest.entry(dataset, split).rows
    dim = version.manifest.dim if vectors else 0
    paths = [str(path) for path in version.paths(dataset, split, checked)]
    where = f"{version.spec}: {dataset} {split}"
    # A fixed-size list arrives as one flat buffer; a variable one would be twice as slow to view as N x D.
    columns = f"id, label, embedding::FLOAT[{dim}] AS embedding" if vectors else "id, label"
    ids, labels, matrix = np.empty(rows, np.uint32), None, np.empty((rows, dim), np.float32)
    stop = 0
    with duckdb.connect() as connection:
        try:
            query = connection.sql(f"SELECT {columns} FROM read_parquet($paths)", params={"paths": paths})
            for batch in query.to_arrow_reader(BATCH_ROWS):
                start, stop = stop, stop + batch.num_rows
                if stop > rows:
                    break
                own = _labels(batch.column(1))
                labels = np.empty((rows, *own.shape[1:]), own.dtype) if labels is None else labels
                ids[start:stop], labels[start:stop] = batch.column(0).to_numpy(), own
                if vectors:
                    matrix[start:stop] = batch.column(2).flatten().to_numpy().reshape(-1, dim)
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            raise FuseboardError(
                f"{where}: the shards cannot be read ({reason}); extract or pull them again"
            ) from error
    if stop != rows or labels is None:
        raise FuseboardError(f"{where}: {stop} rows in the shards, {rows} in the manifest; extract or pull it again")
    return _ordered(where, ids, labels, matrix)


def _ordered(where: str, ids: NDArray[np.uint32], labels: Labels, matrix: NDArray[np.float32]) -> Block:
    """The block by ascending id; rows that lie so already are not copied."""
    if (np.diff(ids.astype(np.int64)) <= 0).any():
        order = np.argsort(ids, kind="stable")
        ids, labels, matrix = ids[order], labels[order], matrix[order]
        if len(twice := ids[1:][ids[1:] == ids[:-1]]):
            raise FuseboardError(f"{where}: id {int(twice[0])} occurs more than once; extract or pull it again")
    if len(bad := ids[~_finite(matrix)]):
        raise FuseboardError(f"{where}: the vector of id {int(bad[0])} holds NaN or infinity; extract or pull it again")
    return Block(ids, labels, matrix)


def _finite(matrix: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which rows are finite, without a mask as large as the matrix."""
    finite = np.empty(len(matrix), bool)
    for start in range(0, len(matrix), BATCH_ROWS):
        part = slice(start, start + BATCH_ROWS)
        finite[part] = np.isfinite(matrix[part]).all(axis=1)
    return finite


def _labels(column: Any) -> Labels:
    """Labels of a batch: (n,) uint16, or (n, L) uint8 for a list column."""
    if not hasattr(column, "value_lengths"):
        single: NDArray[np.uint16] = column.to_numpy()
        return single
    lengths = column.value_lengths().to_numpy()
    if (lengths != lengths[:1]).any():
        raise FuseboardError("multi-label rows of different lengths; extract or pull this version again")
    flat: NDArray[np.uint8] = column.flatten().to_numpy()
    return flat.reshape(len(lengths), -1)
