"""ImageNet-1K as people unpack it: a folder per class for train, and such or a single one for validation."""

import csv
import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.datasets import image_io
from fuseboard.harness.datasets.dataset import Images, Reader, read_ahead
from fuseboard.harness.datasets.imagenet import official
from fuseboard.harness.datasets.imagenet.official import ImageNet
from fuseboard.store.arrays import Labels
from fuseboard.store.errors import FuseboardError

ENDING = ".jpeg"
SOLUTION = "LOC_val_solution.csv"
CLASS_AGAIN = re.compile(r"_n\d{8}(?=\.)")
"""Some archives repeat the class in the name, `ILSVRC2012_val_00000293_n01440764.JPEG`."""


@dataclass(frozen=True)
class Listing:
    """Official images in the order of their official names, as arrays because a million objects would be heavy."""

    names: NDArray[Any]
    """(N,) of files, in bytes."""
    folders: NDArray[Any]
    """(N,) below `train` or `val`, in bytes; empty where there is one folder for all."""
    sizes: NDArray[np.int64]
    """(N,) bytes of the files."""
    labels: Labels


class Tree(ImageNet):
    """A folder with `train` and `val`.

    Rows are in the order of the official file names, whatever the folders, so ids are the same on every machine.
    `val` is made of the ten images of each class whose names have the smallest MD5. The dataset's MD5 is that of names,
    sizes and labels: reading 150 GB of bytes would take an hour before anything is known.
    """

    decodes = True

    def __init__(self, place: Path, root: Path) -> None:
        """Takes the folder that has `train` and `val`, and the one where the labels' table may lie."""
        self._place, self._root = place, root

    def labels(self, split: str) -> Labels:
        """Returns (N,) uint16."""
        listing, rows = self._split(split)
        return listing.labels[rows]

    def paths(self, split: str) -> Sequence[str]:
        """Returns the paths below the folder `train` or `val`."""
        listing, rows = self._split(split)
        return [os.fsdecode(listing.names[row]) for row in rows]

    def images(self, split: str, start: int, stop: int) -> Images:
        """As `picture.read` has them; a few training images are CMYK or PNG."""
        return read_ahead(self.readers(split, start, stop))

    def readers(self, split: str, start: int, stop: int) -> Iterator[Reader]:
        """Returns one reader per image, each of which opens one file."""
        listing, rows = self._split(split)
        base = self._place / ("val" if split == "test" else "train")
        for row in rows[start:stop]:
            yield partial(image_io.read, base / os.fsdecode(listing.folders[row]) / os.fsdecode(listing.names[row]))

    @cached_property
    def source_md5(self) -> str:  # type: ignore[override]
        """Looks at every file's name and size, which takes about ten seconds on a local disk."""
        found = hashlib.md5(usedforsecurity=False)
        for listing in (self._train, self._validation):
            for name, size, label in zip(listing.names, listing.sizes, listing.labels, strict=True):
                found.update(f"{_official_name(os.fsdecode(name))} {size} {label}\n".encode())
        return found.hexdigest()

    def _split(self, split: str) -> tuple[Listing, NDArray[np.intp]]:
        if split == "test":
            return self._validation, np.arange(len(self._validation.labels))
        return self._train, np.flatnonzero(self._held_out == (split == "val"))

    @cached_property
    def _held_out(self) -> NDArray[np.bool_]:
        names = (_official_name(os.fsdecode(name)).encode() for name in self._train.names)
        hashes = np.array([hashlib.md5(name, usedforsecurity=False).digest() for name in names], "S16")
        return official.first_of_each(self._train.labels, np.argsort(hashes, kind="stable"))

    @cached_property
    def _train(self) -> Listing:
        return self._list(self._place / "train", "train", {})

    @cached_property
    def _validation(self) -> Listing:
        folder = self._place / "val"
        if not folder.is_dir():
            raise FuseboardError(f"{folder}: no such folder; the official validation images belong there")
        with os.scandir(folder) as entries:
            solution = {} if any(entry.is_dir() for entry in entries) else self._solution(folder)
        return self._list(folder, "validation", solution)

    def _list(self, folder: Path, part: str, solution: dict[str, str]) -> Listing:
        """Returns the images of a folder: class by class, or of one folder whose classes the solution tells."""
        numbers = {name.partition(" ")[0]: number for number, name in enumerate(self.label_names)}
        found: list[tuple[bytes, bytes, int, int]] = []
        for below in [""] if solution else sorted(numbers):
            for entry in _files(folder / below):
                wnid = below or solution.get(entry.name.partition(".")[0], "")
                if wnid not in numbers:
                    raise FuseboardError(f"{entry.path}: {SOLUTION} says no class of it; get the table again")
                found.append((os.fsencode(entry.name), below.encode(), entry.stat().st_size, numbers[wnid]))
        if len(found) != official.LABELLED[part]:
            raise FuseboardError(
                f"{folder}: {len(found):,} {ENDING.upper()} files, {official.LABELLED[part]:,} are official; "
                "unpack it again, without files of your own"
            )
        order = sorted(range(len(found)), key=lambda row: _official_name(os.fsdecode(found[row][0])))
        names, folders, sizes, labels = zip(*(found[row] for row in order), strict=True)
        return Listing(np.array(names), np.array(folders), np.array(sizes, np.int64), np.array(labels, np.uint16))

    def _solution(self, folder: Path) -> dict[str, str]:
        """Image -> class, by Kaggle's table; the devkit's numbers follow another order of classes and would mislead."""
        for place in (self._root, self._place, folder):
            if (place / SOLUTION).is_file():
                with (place / SOLUTION).open(newline="", encoding="utf-8") as file:
                    return {row["ImageId"]: row["PredictionString"].partition(" ")[0] for row in csv.DictReader(file)}
        raise FuseboardError(
            f"{folder}: the images are in no folders of classes; put {SOLUTION} into {self._root}, or sort them"
        )


def _official_name(name: str) -> str:
    return CLASS_AGAIN.sub("", name)


def _files(folder: Path) -> Iterator[os.DirEntry[str]]:
    if not folder.is_dir():
        raise FuseboardError(f"{folder}: no such folder; every class has one of its own")
    with os.scandir(folder) as entries:
        yield from (entry for entry in entries if entry.name.lower().endswith(ENDING))
