"""The embedding cache that BioFuse published: its pickles, one per model, dataset and split, become versions."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.store.arrays import Labels, is_multi_label
from fuseboard.store.embeddings import manifest
from fuseboard.store.embeddings.dataset_protocol import Datasets, Official
from fuseboard.store.embeddings.manifest import Import, Manifest
from fuseboard.store.errors import FuseboardError, UsageError, unknown
from fuseboard.store.files.hashing import fingerprint, sha256_of
from fuseboard.store.remotes.biofuse import tensor_pickle
from fuseboard.store.remotes.biofuse.models import IMAGENET_ORDER, ImageNet, Model, models
from fuseboard.store.vectors import row_order, split_import
from fuseboard.store.vectors.split_import import Rows

ZENODO = "10.5281/zenodo.16732578"
FILE_NAME = re.compile(
    r"(?P<dataset>[a-z0-9-]+)_(?P<model>[a-z0-9.-]+)_(?P<size>[1-9]\d{0,3})_(?P<split>train|val|test)(_v1)?\.pkl",
    re.ASCII | re.IGNORECASE,
)
FORM = "DATASET_MODEL_SIZE_SPLIT.pkl"


@dataclass(frozen=True)
class Imported:
    """A pickle whose vectors are in the store now."""

    file: str
    backbone: str
    """`backbone@fingerprint`."""
    dataset: str
    split: str
    rows: int
    order: str
    """`official` or `unknown`."""
    proof: str
    changed: bool
    """False where the store held all of it already."""


@dataclass(frozen=True)
class Refused:
    """A pickle that was not imported, and the line that says why."""

    file: str
    reason: str


def import_cache(root: Path, folder: Path, datasets: Datasets, source: str = ZENODO) -> Iterator[Imported | Refused]:
    """Imports every pickle of a folder, by file name; one that is refused does not keep the others out.

    Args:
        root: the store.
        folder: holds the files `{dataset}_{model}_{img_size}_{split}.pkl`, or `…_v1.pkl`; others are passed over.
        datasets: finds a dataset by name.
        source: what names the cache. It is part of each version's identity, and rows of unknown order are only ever
            joined within one.

    Raises:
        FuseboardError: there is nothing to import, or the disk is full; at once or while the outcomes are taken.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder; name the one that holds files {FORM}")
    if not (source.isprintable() and 1 <= len(source) <= 200):
        raise UsageError("--source must be 1 to 200 printable characters that name the cache, such as its DOI")
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".pkl")
    if not paths:
        raise FuseboardError(f"{folder}: there is no file {FORM}; name the folder that the cache was unpacked to")
    cached = _Cache(root, datasets, source)
    return (cached.outcome(path) for path in paths)


class _Cache:
    """One run of an import: the cache's folder, the store, and what was brought in so far."""

    def __init__(self, root: Path, datasets: Datasets, source: str) -> None:
        self._root, self._source, self._models = root, source, models()
        # The official file is hashed when it is read, which takes a minute for the largest.
        self._official = cache(lambda name: ImageNet() if name.startswith(ImageNet.name) else datasets(name))

    def outcome(self, path: Path) -> Imported | Refused:
        """Imports one file or says why not."""
        try:
            new, rows = self._read(path)
            [split], changed = split_import.keep(self._root, new, [rows])
        except FuseboardError as error:
            if isinstance(error.__cause__, OSError):  # a full disk, which the next file would meet too
                raise
            name, reason = _shown(path), str(error)
            return Refused(name, reason if reason.startswith(name) else f"{name}: {reason}")
        assert split.imported is not None
        return Imported(
            file=path.name,
            backbone=f"{new.backbone}@{new.fingerprint}",
            dataset=rows.dataset,
            split=rows.split,
            rows=split.rows,
            order=split.imported.order,
            proof=split.imported.proof,
            changed=changed,
        )

    def _read(self, path: Path) -> tuple[Manifest, Rows]:
        """The version that a file belongs to, and the rows it holds; raises unless everything fits."""
        named = FILE_NAME.fullmatch(path.name)
        if named is None:
            raise FuseboardError(f"{_shown(path)}: is not named {FORM}; rename it if it belongs to the cache")
        if path.is_symlink() or not path.is_file():
            raise FuseboardError(f"{path.name}: is a link or a folder; put the file itself there")
        if (model := self._models.get(named["model"].lower())) is None:
            raise unknown("model", named["model"], (m.name for m in self._models.values()), "the BioFuse cache")
        dataset = named["dataset"].lower()
        dataset = ImageNet.name if dataset == "imagenet" else dataset
        dataset += "" if named["size"] == "224" else f"-{named['size']}"
        official: Official = self._official(dataset)
        split = next((name for name in official.splits if name == named["split"].lower()), None)
        if split is None:
            raise FuseboardError(f"{path.name}: {dataset} has no split {named['split']}, only {official.splits}")
        held = tensor_pickle.read(path)
        vectors = _vectors(path.name, model, held.embeddings)
        labels = _labels(f"{path.name}: {dataset}", official, held.labels)
        if len(labels) != len(vectors):
            raise FuseboardError(f"{path.name}: {len(vectors):,} vectors but {len(labels):,} labels; get it again")
        order = IMAGENET_ORDER if isinstance(official, ImageNet) else row_order.judge(dataset, official, split, labels)
        rounded = "; its float64 vectors were rounded to float32" if vectors.dtype.itemsize == 8 else ""
        imported = Import(
            source=self._source,
            file=path.name,
            sha256=sha256_of(path),
            order=order.order,
            proof=f"{order.proof}; {row_order.followed(labels, vectors)}{rounded}",
        )
        rows = Rows(dataset, split, official, labels, vectors, imported, order.compared)
        return self._manifest(model, "float16" if vectors.dtype.itemsize == 2 else "float32"), rows

    def _manifest(self, model: Model, dtype: Any) -> Manifest:
        """Returns the version of a model in this cache, still without datasets."""
        identity = {"import": "biofuse-cache", "source": self._source, "model": model.name}
        origin = f"{model.about.source}; vectors from the cache {self._source}"
        return Manifest(
            backbone=model.backbone,
            fingerprint=fingerprint(identity),
            identity=identity,
            dim=model.dim,
            dtype=dtype,
            created=manifest.now(),
            about=model.about.model_copy(update={"source": origin}),
            libraries={},
            datasets={},
        )


def _shown(path: Path) -> str:
    """Returns a file's name as one line, whatever is in it."""
    return path.name if path.name.isprintable() else ascii(path.name)


def _vectors(file: str, model: Model, held: NDArray[Any]) -> NDArray[np.floating[Any]]:
    """(N, D) as it was saved; raises unless it is of this model and every number is one in the type that is stored."""
    vectors = held[:, 0] if held.ndim == 3 and held.shape[1] == 1 else held
    if vectors.ndim != 2 or vectors.dtype.kind != "f":
        raise FuseboardError(
            f"{file}: embeddings are {held.dtype} of shape {held.shape}, not floats of N x {model.dim}"
        )
    if vectors.shape[1] != model.dim:
        raise FuseboardError(
            f"{file}: {vectors.shape[1]} numbers per image, {model.name} has {model.dim}: these are of another model"
        )
    dtype = np.float16 if vectors.dtype.itemsize == 2 else np.float32
    for start in range(0, len(vectors), split_import.SHARD_ROWS):
        with np.errstate(over="ignore"):
            part = vectors[start : start + split_import.SHARD_ROWS].astype(dtype)
        if len(bad := np.flatnonzero(~np.isfinite(part).all(axis=1))):
            raise FuseboardError(f"{file}: the vector of row {start + bad[0]:,} holds NaN or infinity; leave it out")
    return vectors


def _labels(where: str, official: Official, held: NDArray[Any] | list[str]) -> Labels:
    """Returns (N,) uint16, or (N, L) uint8 for multi-label; raises unless they can be labels of the dataset."""
    if isinstance(held, list):
        raise FuseboardError(
            f"{where}: its labels are texts such as {ascii(held[0])[:60]}, so it has nothing to evaluate; leave it out"
        )
    multi, classes = is_multi_label(official.task), len(official.label_names)
    table = held.reshape(len(held), -1) if held.ndim in (1, 2, 3) else held
    if table.ndim != 2 or table.shape[1] != (classes if multi else 1):
        raise FuseboardError(
            f"{where}: labels of shape {held.shape}, not {f'N x {classes}' if multi else 'one per row'}"
        )
    values, highest = (2, 1) if multi else (classes, classes - 1)
    wrong = ~((table >= 0) & (table < values) & (table == np.floor(table))).all(axis=1)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise FuseboardError(f"{where}: row {row:,} has label {table[row].tolist()}; labels are 0 to {highest}")
    return table.astype(np.uint8) if multi else table[:, 0].astype(np.uint16)
