"""What one pass over a split's shards finds, so that every rule can be judged without a second one."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from fuseboard.harness.submissions.shards import sample
from fuseboard.harness.submissions.shards.sample import Matrix, Sample
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError

BATCH_BYTES = 2**20
"""Bytes of vectors that a thread holds at a time: the store's own row group, which fits a processor's cache."""
THREADS = 2


@dataclass
class SplitStatistics:
    """One split, its rows in the order of the shards. N images, D numbers each, K classes or labels."""

    ids: NDArray[np.uint32]
    labels: NDArray[np.integer[Any]]
    """(N,), or (N, K) of 0 and 1."""
    hashes: NDArray[np.uint64]
    """(N,): equal for equal vectors, and for others once in 2^64."""
    squares: NDArray[np.float32]
    """(N,) squared lengths; not finite where the vector is not, or too long for float32."""
    counts: NDArray[np.float64]
    """(K,) images of each class."""
    sums: NDArray[np.float64]
    """(K, D) of what is left of the vectors of a class when the split's first one is taken off."""
    sums2: NDArray[np.float64]
    """(K, D) of the squares of that."""
    total: NDArray[np.float64]
    """(D,) as `sums`, over all images."""
    total2: NDArray[np.float64]
    """(D,) as `sums2`; exactly 0 where a column has one value."""
    sample: Sample

    def __add__(self, other: "SplitStatistics") -> "SplitStatistics":
        arrays = {
            name: np.concatenate([getattr(self, name), getattr(other, name)])
            for name in ("ids", "labels", "hashes", "squares")
        }
        sums = {n: getattr(self, n) + getattr(other, n) for n in ("counts", "sums", "sums2", "total", "total2")}
        ids, rows = (np.concatenate([getattr(one.sample, n) for one in (self, other)]) for n in ("ids", "matrix"))
        return SplitStatistics(**arrays, **sums, sample=Sample(ids, rows))

    @cached_property
    def n_constant(self) -> int:
        """Number of columns that have one value for all images."""
        return int((self.total2 == 0).sum())


def split_statistics(version: Version, dataset: str) -> dict[str, SplitStatistics]:
    """Split -> what its shards hold, read in batches by two threads.

    Memory is a few batches, the sample, and 18 bytes per image. The shards were held against their SHA-256 when they
    came, so their page checksums are not looked at again.

    Args:
        version: whose footers are sound, see `parquet_layout`.
        dataset: of the version.

    Raises:
        FuseboardError: a shard cannot be read.
    """
    entry = version.manifest.datasets[dataset]
    with ThreadPoolExecutor(THREADS) as pool:
        jobs: dict[str, list[Any]] = {}
        for split, facts in entry.splits.items():
            paths = list(version.shards(dataset, split))
            wanted, origin = sample.draw(split, facts), _origin(paths[0])
            jobs[split] = [pool.submit(_shard, path, origin, entry.n_classes, wanted) for path in paths]
        try:
            return {split: _added(parts) for split, parts in jobs.items()}
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _added(jobs: list[Any]) -> SplitStatistics:
    whole: SplitStatistics = jobs.pop(0).result()
    while jobs:  # what is added is let go: a thousand classes have megabytes of sums in every shard
        whole = whole + jobs.pop(0).result()
    return whole


def _origin(path: Path) -> NDArray[np.float32]:
    """A split's first vector (D,); sums of differences from it are small numbers, and 0 for equal vectors."""
    _, _, matrix = next(_batches(path, 1))
    first: NDArray[np.float32] = np.nan_to_num(matrix[0], posinf=0.0, neginf=0.0)
    return first


def _shard(path: Path, origin: NDArray[np.float32], classes: int, wanted: NDArray[np.int64]) -> SplitStatistics:
    dim = len(origin)
    keys = np.random.default_rng(2026).integers(0, 2**63, dim, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    ids, labels, hashes, squares, kept_ids, kept = [], [], [], [], [], []
    counts, sums, sums2 = np.zeros(classes), np.zeros((classes, dim)), np.zeros((classes, dim))
    total, total2 = np.zeros(dim), np.zeros(dim)
    for own, own_labels, matrix in _batches(path, max(1, BATCH_BYTES // (4 * dim))):
        with np.errstate(all="ignore"):
            length = np.einsum("nd,nd->n", matrix, matrix)
            hashes.append(matrix.view(np.uint32).astype(np.uint64) @ keys)
            inside = np.isin(own, wanted, assume_unique=False)
            kept_ids.append(own[inside].astype(np.int64))
            kept.append(matrix[inside])
            rest = matrix - origin
            if not np.isfinite(length).all():
                rest[~np.isfinite(length)] = 0
            one_hot = _one_hot(path, own_labels, classes)
            counts += one_hot.sum(axis=0)
            sums += one_hot.T @ rest
            total += rest.sum(axis=0, dtype=np.float32)
            np.multiply(rest, rest, out=rest)
            sums2 += one_hot.T @ rest
            total2 += rest.sum(axis=0, dtype=np.float32)
        ids.append(own)
        labels.append(own_labels)
        squares.append(length)
    drawn = Sample(np.concatenate(kept_ids), np.concatenate(kept))
    all_ids, all_labels = np.concatenate(ids), np.concatenate(labels)
    all_hashes, all_squares = np.concatenate(hashes), np.concatenate(squares)
    return SplitStatistics(all_ids, all_labels, all_hashes, all_squares, counts, sums, sums2, total, total2, drawn)


def _one_hot(path: Path, labels: NDArray[np.integer[Any]], classes: int) -> Matrix:
    """(n, K); a label beyond the classes counts for none, and is found elsewhere."""
    if labels.ndim > 1:
        if labels.shape[1] != classes:
            raise FuseboardError(f"{path.parent.name}/{path.name}: {labels.shape[1]} labels per image, not {classes}")
        return labels.astype(np.float32)
    found = np.zeros((len(labels), classes), np.float32)
    inside = np.flatnonzero(labels < classes)
    found[inside, labels[inside]] = 1
    return found


def _batches(path: Path, rows: int) -> Iterator[tuple[NDArray[np.uint32], NDArray[np.integer[Any]], Matrix]]:
    """Ids (n,), labels and vectors (n, D) as float32."""
    try:
        with pq.ParquetFile(path, pre_buffer=False) as file:
            for batch in file.iter_batches(rows, columns=["id", "label", "embedding"], use_threads=False):
                flat = batch.column("embedding").flatten().to_numpy(zero_copy_only=False)
                matrix = np.ascontiguousarray(flat.reshape(batch.num_rows, -1), np.float32)
                yield batch.column("id").to_numpy(), _labels(path, batch.column("label")), matrix
    except (OSError, ValueError, pa.ArrowException) as error:
        reason = " ".join(str(error).split())[:200]
        raise FuseboardError(f"{path.parent.name}/{path.name}: cannot be read ({reason}); publish it again") from error


def _labels(path: Path, column: Any) -> NDArray[np.integer[Any]]:
    if not pa.types.is_list(column.type):
        single: NDArray[np.integer[Any]] = column.to_numpy()
        return single
    lengths = column.value_lengths().to_numpy()
    if (lengths != lengths[:1]).any():
        raise FuseboardError(f"{path.parent.name}/{path.name}: labels of different lengths; extract the split again")
    several: NDArray[np.integer[Any]] = column.flatten().to_numpy().reshape(len(lengths), -1)
    return several
