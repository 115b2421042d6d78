"""What a party shares of its embeddings: counts, sums and products of columns, never a row.

Ridge regression needs nothing else of the training images, and its squared error nothing else of validation and test.
So what several parties share adds up to what their pooled images would say.
"""

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from fuseboard.harness.classifiers.fusion import batches
from fuseboard.harness.classifiers.knn import truth_of
from fuseboard.harness.search.pool import Pool
from fuseboard.store.embeddings.manifest import SPLITS
from fuseboard.store.embeddings.stored_name import Name
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.files import atomic

IMAGES_PER_COLUMN = 2
"""Images that every split must have for every column. With fewer images than columns, products of columns have the
images' own vectors as their span, which is a long way towards the images."""
FORMAT = 1
ARRAYS = ("rows", "sums", "products", "answers", "with_answers")
FACTS = "facts"

Matrix = NDArray[np.float64]


class Facts(BaseModel):
    """What sums must agree in before they are added up."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int
    dataset: Name
    task: str
    n_classes: int
    label_names: tuple[str, ...]
    backbones: tuple[Name, ...]
    fingerprints: tuple[str, ...]
    dims: tuple[int, ...]


@dataclass(frozen=True)
class Sums:
    """Sums over the images of a split: D columns of all backbones side by side, C answers."""

    rows: int
    sums: Matrix
    """(D,)"""
    products: Matrix
    """(D, D)"""
    answers: Matrix
    """(C,) images of each class; for 0 and 1 a sum is a sum of squares."""
    with_answers: Matrix
    """(D, C) columns times answers."""

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(*(getattr(self, name) + getattr(other, name) for name in ARRAYS))


@dataclass(frozen=True)
class SharedGrams:
    """The sums of one party, or of several."""

    facts: Facts
    splits: Mapping[str, Sums]

    def __add__(self, other: "SharedGrams") -> "SharedGrams":
        return SharedGrams(self.facts, {split: self.splits[split] + other.splits[split] for split in SPLITS})


def sums_of(blocks: Sequence[NDArray[np.float32]], truth: NDArray[np.floating[Any]]) -> Sums:
    """Sums up blocks (N, D_k) and answers (N, C) of 0 and 1, a few rows at a time."""
    width = sum(block.shape[1] for block in blocks)
    total = Sums(
        0, np.zeros(width), np.zeros((width, width)), np.zeros(truth.shape[1]), np.zeros((width, truth.shape[1]))
    )
    for rows, joined in batches(blocks):
        x, y = joined.astype(np.float64), truth[rows].astype(np.float64)
        total = total + Sums(len(x), x.sum(axis=0), x.T @ x, y.sum(axis=0), x.T @ y)
    return total


def of_pool(pool: Pool) -> SharedGrams:
    """Sums up the embeddings of a pool in every split.

    Raises:
        UsageError: fewer images in a split than may be summed up.
        FuseboardError: a vector is not finite.
    """
    names = tuple(pool.versions)
    dims = tuple(pool.versions[name].manifest.dim for name in names)
    least = IMAGES_PER_COLUMN * sum(dims)
    for split in SPLITS:
        if (rows := len(pool.labels(split))) < least:
            raise UsageError(
                f"{pool.dataset} {split}: {rows:,} images for {sum(dims):,} columns, of which {least:,} are needed: "
                "with fewer, products of columns give away the images' own vectors; take fewer or narrower "
                "--backbones, or more images"
            )
    entry = pool.entry
    facts = Facts(
        format=FORMAT,
        dataset=pool.dataset,
        task=entry.task,
        n_classes=entry.n_classes,
        label_names=tuple(entry.label_names),
        backbones=names,
        fingerprints=pool.fingerprints(names),
        dims=dims,
    )
    splits = {}
    for split in SPLITS:
        part = pool.all_blocks(split)
        blocks = [part.features[name] for name in names]
        for name, block in zip(names, blocks, strict=True):
            if not np.isfinite(block).all():
                raise FuseboardError(f"{pool.dataset} {split}: {name} has a NaN or an infinity; extract it again")
        splits[str(split)] = sums_of(blocks, truth_of(entry.task, part.labels, entry.n_classes))
    return SharedGrams(facts, splits)


def write(shared: SharedGrams, path: Path) -> None:
    """Writes a file of NumPy's arrays and JSON."""
    arrays: dict[str, Any] = {
        f"{split}/{name}": getattr(own, name) for split, own in shared.splits.items() for name in ARRAYS
    }
    arrays[FACTS] = np.frombuffer(shared.facts.model_dump_json().encode(), np.uint8)
    with atomic.replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)


def read(path: Path) -> SharedGrams:
    """Reads one; nothing in it is executed, and nothing is larger than the file.

    Raises:
        FuseboardError: it is not there, damaged, of another version, or its numbers cannot be sums of products.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            if any(member.compress_type != zipfile.ZIP_STORED for member in packed.infolist()):
                raise ValueError("it is compressed, which no file of ours is")
        with np.load(path, allow_pickle=False) as file:
            facts = Facts.model_validate_json(bytes(file[FACTS]))
            splits = {split: Sums(*(file[f"{split}/{name}"] for name in ARRAYS)) for split in SPLITS}
    except FileNotFoundError as error:
        raise FuseboardError(f"{path}: no such file") from error
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise FuseboardError(f"{path}: not what `fuseboard grams share` writes, or damaged: share it again") from error
    if facts.format != FORMAT:
        raise FuseboardError(f"{path}: format {facts.format}; this release reads {FORMAT}: share it again")
    for split, own in splits.items():
        _check(path, facts, split, own)
    return SharedGrams(facts, {split: _whole(own) for split, own in splits.items()})


def pooled(paths: Sequence[Path]) -> SharedGrams:
    """Adds up what several parties share.

    Raises:
        FuseboardError: a file is damaged, stands there twice, or is of another dataset, of other classes, backbones or
            versions.
    """
    total: SharedGrams | None = None
    seen: dict[bytes, Path] = {}
    for path in paths:
        own = read(path)
        print_of = own.splits["train"].with_answers.tobytes()
        if print_of in seen:
            raise FuseboardError(f"{path}: the same sums as {seen[print_of]}; name each party's file once")
        seen[print_of] = path
        if total is None:
            total = own
            continue
        for name in Facts.model_fields:
            mine, theirs = getattr(total.facts, name), getattr(own.facts, name)
            if mine != theirs:
                raise FuseboardError(f"{path}: {name} is {_said(theirs)}, and {_said(mine)} in {paths[0]}")
        total = total + own
    if total is None:
        raise UsageError("name the files that the parties shared")
    return total


def _said(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _whole(own: Sums) -> Sums:
    return Sums(int(own.rows), *(np.asarray(getattr(own, name), np.float64) for name in ARRAYS[1:]))


def _check(path: Path, facts: Facts, split: str, own: Sums) -> None:
    width, classes = sum(facts.dims), len(np.atleast_1d(own.answers))
    shapes = {"sums": (width,), "products": (width, width), "answers": (classes,), "with_answers": (width, classes)}
    for name, shape in shapes.items():
        found = np.asarray(getattr(own, name))
        if found.shape != shape or found.dtype.kind != "f" or not np.isfinite(found).all():
            raise FuseboardError(f"{path}: {name} of {split} is not what sums over {width} columns are: share it again")
    if np.ndim(own.rows) or int(own.rows) < 1 or (own.answers > own.rows).any() or (own.answers < 0).any():
        raise FuseboardError(f"{path}: {split} counts no images, or more answers than images: share it again")
    if np.diagonal(own.products).min() < 0:
        raise FuseboardError(f"{path}: a column of {split} has a negative sum of squares: share it again")
