"""The catalog: DuckDB over every shard and result of a store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from store import results, views
from store.errors import FuseboardError, UsageError
from store.versions import Version, find

BATCH_ROWS = 20_480
"""Rows handed over by DuckDB at a time; blocks of 60,000 x 1,024 read fastest near it."""


@dataclass(frozen=True)
class Blocks:
    """The embeddings of one split, row by row the same images in every backbone."""

    dataset: str
    split: str
    ids: NDArray[np.uint32]
    """(N,) row numbers in the official split, ascending."""
    labels: NDArray[np.integer[Any]]
    """(N,) class numbers, or (N, L) of 0 and 1 for multi-label."""
    features: dict[str, NDArray[np.float32]]
    """Backbone -> contiguous (N, D)."""
    versions: dict[str, Version]
    """Backbone -> the version its block was read from."""


@dataclass
class Catalog:
    """Reads embeddings of a store through DuckDB.

    Args:
        root: the store's folder.
        prefer: backbone -> fingerprint to read when the store holds several versions of it.
    """

    root: Path
    prefer: Mapping[str, str] = field(default_factory=dict)
    _checked: set[Path] = field(default_factory=set, repr=False)

    def blocks(self, dataset: str, split: str, backbones: Sequence[str]) -> Blocks:
        """Per backbone one contiguous float32 (N, D) matrix, joined by image id, with the labels.

        Rows are matched by id and never by position, and every shard is held against its SHA-256 once per catalog.

        Raises:
            FuseboardError: an unknown name, a damaged shard, a missing or duplicate id, labels that disagree; the
                message names the backbone and the id.
        """
        if not backbones:
            raise UsageError("no backbone named: give at least one")
        features: dict[str, NDArray[np.float32]] = {}
        versions: dict[str, Version] = {}
        ids, labels, first = None, None, ""
        for spec in backbones:
            version = find(self.root, spec, dataset, self.prefer)
            name = version.manifest.backbone
            if name in features:
                raise UsageError(f"backbone {name} is named twice; a subset holds it once")
            own_ids, own_labels, matrix = self._read(version, dataset, split)
            if ids is None or labels is None:
                ids, labels, first = own_ids, own_labels, name
            else:
                _same_images(dataset, split, first, ids, name, own_ids)
                if labels.shape != own_labels.shape or not np.array_equal(labels, own_labels):
                    raise _labels_disagree(dataset, split, first, labels, name, own_labels, ids)
            features[name], versions[name] = matrix, version
        assert ids is not None
        assert labels is not None
        return Blocks(dataset, split, ids, labels, features, versions)

    def _read(
        self, version: Version, dataset: str, split: str
    ) -> tuple[NDArray[np.uint32], NDArray[np.integer[Any]], NDArray[np.float32]]:
        """One backbone's ids, labels and matrix, ordered by id."""
        paths = version.paths(dataset, split, self._checked)
        rows, dim = version.manifest.entry(dataset, split).rows, version.manifest.dim
        ids, labels = np.empty(rows, np.uint32), None
        matrix = np.empty((rows, dim), np.float32)
        where = f"{version.spec}: {dataset} {split}"
        with duckdb.connect() as connection:
            # A fixed-size list arrives as one flat buffer; a variable one would be twice as slow to view as N x D.
            query = f"SELECT id, label, embedding::FLOAT[{dim}] AS embedding FROM read_parquet($paths)"
            try:
                reader = connection.sql(query, params={"paths": [str(p) for p in paths]}).to_arrow_reader(BATCH_ROWS)
                start = 0
                for batch in reader:
                    stop = start + batch.num_rows
                    if stop > rows:
                        raise FuseboardError(f"{where}: more rows in the shards than the {rows} of the manifest")
                    ids[start:stop] = batch.column(0).to_numpy()
                    own = _label_array(batch.column(1))
                    labels = np.empty((rows, *own.shape[1:]), own.dtype) if labels is None else labels
                    labels[start:stop] = own
                    matrix[start:stop] = batch.column(2).flatten().to_numpy().reshape(-1, dim)
                    start = stop
            except duckdb.Error as error:
                reason = str(error).splitlines()[0]
                raise FuseboardError(
                    f"{where}: the shards cannot be read ({reason}); extract or pull them again"
                ) from error
        if start != rows or labels is None:
            raise FuseboardError(f"{where}: {start} rows in the shards, {rows} in the manifest; extract it again")
        if (np.diff(ids.astype(np.int64)) <= 0).any():
            order = np.argsort(ids, kind="stable")
            ids, labels, matrix = ids[order], labels[order], matrix[order]
            if len(double := ids[1:][ids[1:] == ids[:-1]]):
                raise FuseboardError(f"{where}: id {int(double[0])} occurs more than once; extract or pull it again")
        if not np.isfinite(matrix).all():
            bad = ids[~np.isfinite(matrix).all(axis=1)]
            raise FuseboardError(f"{where}: the vector of id {int(bad[0])} holds NaN or infinity; extract it again")
        return ids, labels, matrix

    def sql(self, query: str) -> duckdb.DuckDBPyRelation:
        """The answer to one SELECT over the views `versions`, `shards`, `embeddings` and `results`."""
        return views.select(self.root, query)

    def results(self) -> Any:
        """Every result row as a Polars frame, without the kept predictions."""
        return results.read(self.root)


def _label_array(column: Any) -> NDArray[np.integer[Any]]:
    """Labels of a batch: (n,) uint16, or (n, L) uint8 for a list column."""
    if hasattr(column, "flatten") and hasattr(column, "value_lengths"):
        lengths = column.value_lengths().to_numpy()
        if len(lengths) and (lengths != lengths[0]).any():
            raise FuseboardError("multi-label rows of different lengths; extract or pull this version again")
        flat: NDArray[np.uint8] = column.flatten().to_numpy()
        return flat.reshape(len(lengths), -1)
    single: NDArray[np.uint16] = column.to_numpy()
    return single


def _same_images(
    dataset: str, split: str, first: str, ids: NDArray[np.uint32], name: str, own: NDArray[np.uint32]
) -> None:
    """Raises, naming the images, unless both backbones embedded the same ones."""
    if np.array_equal(ids, own):
        return
    for lacking, missing in ((name, np.setdiff1d(ids, own)), (first, np.setdiff1d(own, ids))):
        if len(missing):
            other = first if lacking == name else name
            raise FuseboardError(
                f"{dataset} {split}: {lacking} has no vector for id {int(missing[0])}, which {other} has "
                f"({len(missing)} missing in all); extract {lacking} again over the whole split"
            )


def _labels_disagree(
    dataset: str,
    split: str,
    first: str,
    labels: NDArray[np.integer[Any]],
    name: str,
    own: NDArray[np.integer[Any]],
    ids: NDArray[np.uint32],
) -> FuseboardError:
    if labels.shape != own.shape:
        return FuseboardError(f"{dataset} {split}: labels of {first} have shape {labels.shape}, of {name} {own.shape}")
    wrong = labels != own
    row = int(np.flatnonzero(wrong.reshape(len(ids), -1).any(axis=1))[0])
    return FuseboardError(
        f"{dataset} {split}: id {int(ids[row])} has label {labels[row]} in {first} but {own[row]} in {name}: "
        "they were not made from the same labels; extract both again"
    )
