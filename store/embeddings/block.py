"""A block: one backbone's vectors of one split, read from its shards through DuckDB."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from fuseboard.store.arrays import Labels
from fuseboard.store.embeddings import label_file, shards
from fuseboard.store.embeddings.coding import Coding, sql_form
from fuseboard.store.embeddings.manifest import Shard
from fuseboard.store.embeddings.transform_file import coding_of
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files import literal_path

BATCH_ROWS = 2_048
"""Rows handed over by DuckDB at a time."""


@dataclass(frozen=True)
class Block:
    """Rows in ascending order of their ids, each id once."""

    ids: NDArray[np.uint32]
    labels: Labels
    """(N,) class numbers, or (N, L) of 0 and 1 for multi-label."""
    matrix: NDArray[np.float32]
    """(N, D), contiguous; (N, 0) when only the labels were read."""


def read(version: Version, dataset: str, split: str, vectors: bool = True) -> Block:
    """Reads a split of a version; peak memory is the block and one batch.

    Args:
        version: where the shards lie.
        dataset: of the version.
        split: of the dataset.
        vectors: False reads the ids and labels alone.

    Raises:
        FuseboardError: a damaged shard, rows missing or too many, an id twice, a vector that is not finite.
    """
    rows = version.manifest.entry(dataset, split).rows
    if version.reference is not None and dataset in version.referenced:
        if vectors:
            raise FuseboardError(
                f"{version.spec}: of {dataset} there are results and no vectors; extract or pull it first"
            )
        own_ids, own_labels = label_file.read(version.reference, dataset, split, rows)
        return Block(own_ids, own_labels, np.empty((rows, 0), np.float32))
    files = version.shards(dataset, split)
    dim = version.manifest.dim if vectors else 0
    coding = coding_of(version) if vectors else Coding(version.manifest.dtype, 0)
    where = f"{version.spec}: {dataset} {split}"
    ids, labels, matrix = np.empty(rows, np.uint32), None, np.empty((rows, dim), np.float32)
    stop, finite = 0, True
    with _verifying(files):
        for batch in _batches(where, files, sql_form(version.manifest.dtype, dim) if vectors else None):
            start, stop = stop, stop + batch.num_rows
            if stop > rows:
                break
            own = _labels(batch.column(1))
            labels = np.empty((rows, *own.shape[1:]), own.dtype) if labels is None else labels
            ids[start:stop], labels[start:stop] = _numbers(batch.column(0)), own
            if vectors:
                own_vectors = coding.decode(_numbers(batch.column(2).flatten()).reshape(-1, coding.width))
                matrix[start:stop] = own_vectors
                with np.errstate(all="ignore"):  # one number that no NaN or infinity survives
                    flat = own_vectors.reshape(-1)
                    finite &= bool(np.isfinite(np.dot(flat, flat)))
    if stop != rows or labels is None:
        raise FuseboardError(f"{where}: {stop} rows in the shards, {rows} in the manifest; extract or pull it again")
    if not finite and len(bad := ids[~np.isfinite(matrix).all(axis=1)]):
        raise FuseboardError(f"{where}: the vector of id {int(bad[0])} holds NaN or infinity; extract or pull it again")
    return _ordered(where, ids, labels, matrix)


@contextmanager
def _verifying(files: dict[Path, Shard]) -> Iterator[None]:
    """Holds shards against their SHA-256 while the block reads them; a damaged one outranks what reading it said.

    A file is hashed once in the life of the process, and again when it is no longer the same file.
    """
    with ThreadPoolExecutor() as pool:
        sums = {
            (path, shard): pool.submit(shards.verify, path, shard)
            for path, shard in files.items()
            if _stamp(path, shard) not in _VERIFIED
        }
        try:
            yield
        finally:
            for (path, shard), verified in sums.items():
                verified.result()
                _VERIFIED.add(_stamp(path, shard))


_VERIFIED: set[tuple[object, ...]] = set()


def _stamp(path: Path, shard: Shard) -> tuple[object, ...]:
    """What tells a verified file from a later one of the same name."""
    if not path.is_file():
        return ()
    found = path.stat()
    return path, found.st_ino, found.st_size, found.st_mtime_ns, shard.sha256


@cache
def _database() -> duckdb.DuckDBPyConnection:
    """One for the process: a fresh one would fetch its buffers from the system again for every block."""
    return duckdb.connect()


def _batches(where: str, files: Iterable[Path], form: str | None) -> Iterator[Any]:
    """Returns Arrow batches of id, label and, where it has a `form`, embedding.

    A fixed-size list arrives as one flat buffer; a variable one would be twice as slow to view as N x D.
    """
    columns = f"id, label, embedding::{form} AS embedding" if form else "id, label"
    try:
        database = _database().cursor()
        query = database.sql(f"SELECT {columns} FROM {literal_path.duckdb_parquet(database, files)}")
        yield from query.to_arrow_reader(BATCH_ROWS)
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise FuseboardError(f"{where}: the shards cannot be read ({reason}); extract or pull them again") from error


def _ordered(where: str, ids: NDArray[np.uint32], labels: Labels, matrix: NDArray[np.float32]) -> Block:
    """Returns the block by ascending id; rows that lie so already are not copied."""
    if (np.diff(ids.astype(np.int64)) <= 0).any():
        order = np.argsort(ids, kind="stable")
        ids, labels, matrix = ids[order], labels[order], matrix[order]
        if len(twice := ids[1:][ids[1:] == ids[:-1]]):
            raise FuseboardError(f"{where}: id {int(twice[0])} occurs more than once; extract or pull it again")
    return Block(ids, labels, matrix)


def _labels(column: Any) -> Labels:
    """Labels of a batch: (n,) uint16, or (n, L) uint8 for a list column."""
    if not hasattr(column, "value_lengths"):
        single: NDArray[np.uint16] = _numbers(column)
        return single
    lengths = _numbers(column.value_lengths())
    if (lengths != lengths[:1]).any():
        raise FuseboardError("multi-label rows of different lengths; extract or pull this version again")
    flat: NDArray[np.uint8] = _numbers(column.flatten())
    return flat.reshape(len(lengths), -1)


def _numbers(array: Any) -> Any:
    """Returns an Arrow array as NumPy sees it, without a copy. Its own `to_numpy` would import pandas first."""
    return np.from_dlpack(array)
