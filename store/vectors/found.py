"""What a file holds: vectors, and perhaps ids, labels and splits of their rows, found by the names of its arrays."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fuseboard.store.embeddings.manifest import SPLITS, SplitName
from fuseboard.store.errors import FuseboardError, unknown
from fuseboard.store.vectors.arrays import Array, Arrays

VECTORS = ("embeddings", "embedding", "features", "feature", "feats", "vectors", "vector", "representations", "x")
IDS = ("id", "ids", "path", "paths", "filepath", "filename", "filenames", "file", "files", "name", "names", "image")
LABELS = ("label", "labels", "target", "targets", "y")
SPLIT = ("split", "splits")

MAX_LABELS = 4096
"""Labels that an image may have."""


class Rows(Protocol):
    """Rows that are read where they lie, a part at a time."""

    def __getitem__(self, rows: slice) -> NDArray[np.floating[Any]]:
        """Rows from one number to before another (n, D)."""


@dataclass(frozen=True)
class Lying:
    """The rows of an array in a file."""

    array: Array

    def __getitem__(self, rows: slice) -> NDArray[np.floating[Any]]:
        """Rows from one number to before another (n, D)."""
        return self.array.part(rows.start, rows.stop)


@dataclass(frozen=True)
class Found:
    """Vectors of one file, or of one split in it."""

    where: str
    """The file, for messages."""
    count: int
    vectors: Rows
    """(N, D)."""
    dtype: np.dtype[Any]
    """Of the numbers as they lie there."""
    ids: NDArray[Any] | None = None
    """(N,) numbers or text."""
    labels: NDArray[Any] | None = None
    """(N,) class numbers or names, or (N, L)."""
    splits: NDArray[Any] | SplitName | None = None
    """(N,) names of splits, or that of all rows."""
    lines: NDArray[np.integer[Any]] | None = None
    """(N,) numbers of the rows as an editor shows them, of a table of text."""

    def place(self, row: int) -> str:
        """How a person finds a row, such as `line 7`."""
        return f"row {row}" if self.lines is None else f"line {self.lines[row]}"


@dataclass(frozen=True)
class Wanted:
    """What is looked for in files."""

    dim: int
    images: int
    """Of the dataset."""
    labels: tuple[str, ...] = field(default=())
    """Of a task of several labels, their names, which are columns of a table."""
    vectors: str | None = None
    """Name of the array or column that holds the vectors, where a person said it; so are the next two."""
    ids: str | None = None
    label: str | None = None

    @property
    def rows(self) -> int:
        """Rows that a file may have; more than images, so that those which are there twice can be named."""
        return 2 * self.images


def found_in(arrays: Arrays, where: str, wanted: Wanted) -> list[Found]:
    """Returns what the arrays of one file hold: one part, or one for each split that its arrays are named after.

    Raises:
        FuseboardError: no vectors, several arrays that may be such, another width than the card's, more rows than the
            dataset has images, or arrays of different lengths. Nothing was read of numbers that do not fit.
    """
    of_splits: dict[SplitName, Arrays] = {
        split: {name.removeprefix(f"{split}_"): array for name, array in arrays.items() if name.startswith(f"{split}_")}
        for split in SPLITS
    }
    if any(of_splits.values()):
        return [_part(own, f"{where}: {split}", wanted, split) for split, own in of_splits.items() if own]
    if keyed := _keyed(arrays, wanted.dim):
        return [_of_keys(keyed, where, wanted)]
    return [_part(arrays, where, wanted, None)]


def _part(arrays: Arrays, where: str, wanted: Wanted, split: SplitName | None) -> Found:
    vectors = vectors_of(arrays, where, wanted)
    check_shape(vectors.shape, where, wanted)
    own: dict[str, NDArray[Any]] = {}
    for role, names, said in (("ids", IDS, wanted.ids), ("labels", LABELS, wanted.label), ("splits", SPLIT, None)):
        name = said if said is not None else next((one for one in names if one in arrays), None)
        if name is None:
            continue
        if name not in arrays:
            raise unknown("array", name, arrays, where)
        own[role] = _beside(arrays[name], vectors.shape[0], f"{where}: {name}")
    splits = split if split is not None else own.get("splits")
    dtype = vectors.part(0, 1).dtype
    return Found(where, vectors.shape[0], Lying(vectors), dtype, own.get("ids"), own.get("labels"), splits)


def vectors_of(arrays: Arrays, where: str, wanted: Wanted) -> Array:
    """The array that holds the vectors: that which was named, or has a usual name, or is the only one of that form."""
    if wanted.vectors is not None:
        if wanted.vectors not in arrays:
            raise unknown("array", wanted.vectors, arrays, where)
        return arrays[wanted.vectors]
    usual = next((arrays[name] for name in VECTORS if name in arrays), None)
    if usual is not None:
        return usual
    candidates = [name for name, array in arrays.items() if array.is_vectors]
    if len(candidates) == 1:
        return arrays[candidates[0]]
    if candidates:
        raise FuseboardError(f"{where}: {' and '.join(candidates[:5])} may all be the vectors; say --vectors NAME")
    held = ", ".join(f"{name or 'one array'} {array.shape}" for name, array in list(arrays.items())[:5])
    raise FuseboardError(f"{where}: holds no floats of N x {wanted.dim} ({held or 'nothing'})")


def check_shape(shape: Sequence[int], where: str, wanted: Wanted) -> None:
    """Raises unless vectors (N, D) have the card's width, and no more rows than the dataset has images."""
    if len(shape) != 2:
        raise FuseboardError(f"{where}: vectors of shape {tuple(shape)}, and N x {wanted.dim} are wanted")
    if shape[1] != wanted.dim:
        raise FuseboardError(
            f"{where}: {shape[1]:,} numbers per row, the card says dim = {wanted.dim:,}: these are of another model"
        )
    if not 0 < shape[0] <= wanted.rows:
        raise FuseboardError(f"{where}: {shape[0]:,} rows for the dataset's {wanted.images:,} images")


def _beside(array: Array, count: int, where: str) -> NDArray[Any]:
    if array.kind not in "iuUSfb" or not array.shape or array.shape[0] != count:
        raise FuseboardError(f"{where}: has the shape {array.shape}, and a number or a text per vector is wanted")
    if len(array.shape) > 2 or (len(array.shape) == 2 and array.shape[1] > MAX_LABELS):
        raise FuseboardError(f"{where}: has the shape {array.shape}")
    values = array.whole(where)
    return values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values


def _keyed(arrays: Arrays, dim: int) -> dict[str, Array]:
    """Arrays of one vector each, whose names are ids; none where the file is of another form."""
    own = {name: array for name, array in arrays.items() if array.kind == "f" and array.shape in ((dim,), (1, dim))}
    return own if own and len(own) == len(arrays) and "" not in own else {}


def _of_keys(arrays: dict[str, Array], where: str, wanted: Wanted) -> Found:
    check_shape((len(arrays), wanted.dim), where, wanted)
    vectors = np.stack([array.whole(where).reshape(-1) for array in arrays.values()])
    return Found(where, len(arrays), vectors, vectors.dtype, np.array(list(arrays)))
