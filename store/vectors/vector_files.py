"""Files of vectors: one, some named after splits, or a folder with one per image, as TRIDENT writes slides."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fuseboard.store.embeddings.manifest import SPLITS, SplitName
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.files.progress import counting
from fuseboard.store.vectors import hdf5_file, numpy_file, safetensors_file, table_file, torch_file
from fuseboard.store.vectors.arrays import Array, Arrays
from fuseboard.store.vectors.found import Found, Wanted, found_in, vectors_of

Pooling = Literal["mean"]

READERS: Mapping[str, Callable[[Path], Arrays]] = {
    ".npy": numpy_file.read_one,
    ".npz": numpy_file.read_archive,
    ".h5": hdf5_file.read,
    ".hdf5": hdf5_file.read,
    ".pt": torch_file.read,
    ".pth": torch_file.read,
    ".safetensors": safetensors_file.read,
}
TABLES = (".csv", ".tsv", ".parquet")
ENDINGS = (*READERS, *TABLES)
SPLIT_IN_NAME = re.compile(rf"(?:^|[-_.])({'|'.join(SPLITS)})(?:[-_.]|$)")
MAX_PATCHES = 4 * 2**20
"""Patches of one slide; at 40x and 256 pixels a large one has a few hundred thousand."""
MAX_NUMBERS = 2**29
"""Of patches that are read at once, which two gigabytes hold."""
PATCHES = 8_192
"""Patches read at a time."""


def listed(place: Path) -> list[Path]:
    """The files of vectors that a path means, in the order of their names: itself, or those below the folder.

    Raises:
        UsageError: there is nothing, or no file of a known ending.
    """
    if not place.exists():
        raise UsageError(f"{place}: no such file or folder; name a file of vectors, or a folder of such")
    known = f"a file of vectors ends in {', '.join(ENDINGS)}"
    if not place.is_dir():
        if place.suffix.lower() not in ENDINGS:
            raise UsageError(f"{place}: {known}")
        return [place]
    found = [path for path in sorted(place.rglob("*")) if path.suffix.lower() in ENDINGS and path.is_file()]
    found = [path for path in found if not any(part.startswith(".") for part in path.relative_to(place).parts)]
    if not found:
        raise UsageError(f"{place}: no file of vectors there; {known}")
    return found


def read(place: Path, files: list[Path], wanted: Wanted, pool: Pooling | None = None) -> list[Found]:
    """Returns the vectors of some files.

    Args:
        place: the file or folder that was named.
        files: as `listed` returns them.
        wanted: what is looked for.
        pool: how the patches of an image become its vector, where a file is an image.

    Raises:
        FuseboardError: a file cannot be read, or does not hold what is wanted.
    """
    if not place.is_dir():
        return _whole(place, wanted)
    splits = [SPLIT_IN_NAME.search(path.stem) for path in files]
    if all(splits):
        named = [(path, split[1]) for path, split in zip(files, splits, strict=True) if split]
        return [replace(part, splits=_split(part, name)) for path, name in named for part in _whole(path, wanted)]
    if tables := [path.name for path in files if path.suffix.lower() in TABLES]:
        raise FuseboardError(
            f"{place}: {tables[0]} lies beside {len(files) - 1:,} other files; name one table, or call the files "
            "train, val and test"
        )
    return [_of_images(place, files, wanted, pool)]


def _split(part: Found, name: str) -> SplitName:
    if part.splits is not None:
        raise FuseboardError(f"{part.where}: its name says {name}, and it says splits of its own; rename it")
    return next(split for split in SPLITS if split == name)


def _whole(path: Path, wanted: Wanted) -> list[Found]:
    if path.suffix.lower() in TABLES:
        return table_file.read(path, wanted)
    return found_in(_arrays(path), path.name, wanted)


def _arrays(path: Path) -> Arrays:
    if path.stat().st_size == 0:
        raise FuseboardError(f"{path.name}: is empty; get it again")
    try:
        return READERS[path.suffix.lower()](path)
    except (FuseboardError, ModuleNotFoundError):
        raise
    except Exception as error:  # the libraries raise whatever they meet in a stranger's file
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise FuseboardError(f"{path.name}: not readable as {path.suffix.lower()} ({reason}); get it again") from error


def _of_images(place: Path, files: list[Path], wanted: Wanted, pool: Pooling | None) -> Found:
    """One row for every file; its id is the path below the folder, without the ending."""
    if len(files) > wanted.images:
        raise FuseboardError(
            f"{place}: {len(files):,} files, one for every image, and the dataset has {wanted.images:,} images; files "
            "whose names say train, val or test would be splits"
        )
    made = []
    with counting(f"{place.name} · reading", len(files)) as advance:
        for path in files:
            made.append(_of_image(_arrays(path), path.relative_to(place).as_posix(), wanted, pool))
            advance(1)
    ids = [path.relative_to(place).with_suffix("").as_posix() for path in files]
    vectors = np.stack(made)
    return Found(place.name, len(made), vectors, vectors.dtype, np.array(ids))


def _of_image(arrays: Arrays, where: str, wanted: Wanted, pool: Pooling | None) -> NDArray[np.floating[Any]]:
    own = {name: array for name, array in arrays.items() if array.kind == "f" and name != "coords"}
    held = next(iter(own.values())) if len(own) == 1 and wanted.vectors is None else vectors_of(own, where, wanted)
    if len(held.shape) == 3 and held.shape[0] == 1 and math.prod(held.shape) <= MAX_NUMBERS:
        held = Array.of(held.part(0, 1)[0])  # a batch of one, as some extractors leave it
    shape = held.shape
    if not shape or shape[-1] != wanted.dim or len(shape) > 2:
        raise FuseboardError(f"{where}: vectors of shape {shape}, the card says dim = {wanted.dim:,}: another model's")
    if len(shape) == 1:
        vector: NDArray[np.floating[Any]] = held.part(0, shape[0])
        return vector
    if shape[0] == 1:
        return np.array(held.part(0, 1)[0])
    if not 0 < shape[0] <= MAX_PATCHES:
        raise FuseboardError(f"{where}: {shape[0]:,} patches; 1 to {MAX_PATCHES:,} are taken")
    if pool is None:
        raise FuseboardError(
            f"{where}: {shape[0]:,} vectors, which are patches of one image, and an image has one; say --pool mean to "
            "take their mean, or import vectors of whole images"
        )
    total = np.zeros(wanted.dim)
    for start in range(0, shape[0], PATCHES):
        total += held.part(start, min(start + PATCHES, shape[0])).sum(axis=0, dtype=np.float64)
    return (total / shape[0]).astype(np.float32)
