"""Ids of images as people write them: paths, file names or row numbers, each found among a dataset's own."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.store.embeddings.dataset_protocol import Catalogued
from fuseboard.store.embeddings.manifest import SplitName

Image = tuple[SplitName, int]
"""Split and row in it."""


def _name(path: str) -> str:
    return PurePosixPath(path).name


def _stem(path: str) -> str:
    return PurePosixPath(path).with_suffix("").as_posix() if _name(path) else path


FORMS: Mapping[str, Callable[[str], str]] = {
    "path": lambda path: path,
    "path without its ending": _stem,
    "file name": _name,
    "file name without its ending": lambda path: PurePosixPath(path).stem,
}
"""In what an id and a path may agree, the closest first -> what is compared."""


@dataclass(frozen=True)
class Matched:
    """Images that ids name."""

    images: list[Image | None]
    """One for each id; None where no image, or more than one, is called so."""
    how: str
    """In what ids and images agree, such as `file name`."""


class Catalogue:
    """The images of a dataset by what they are called."""

    def __init__(self, dataset: Catalogued) -> None:
        self._paths = {split: dataset.paths(split) for split in dataset.splits}
        self.rows = {split: len(dataset.labels(split)) for split in dataset.splits}
        self._by_form: dict[str, dict[str, Image | None]] = {}

    @property
    def has_paths(self) -> bool:
        """Whether images are called by paths, and not by numbers alone."""
        return all(paths is not None for paths in self._paths.values())

    def call(self, image: Image) -> str:
        """What a person calls an image: its path, or `train 17`."""
        paths = self._paths[image[0]]
        return f"{image[0]} {image[1]}" if paths is None else paths[image[1]]

    def by_path(self, ids: Sequence[str]) -> Matched:
        """Finds images by paths, in the form in which most are found; all are compared in one form."""
        plain = [text.replace("\\", "/").removeprefix("./") for text in ids]
        best = Matched([None] * len(ids), "path")
        most = 0
        for form, images in self._candidates(plain):
            if (count := sum(image is not None for image in images)) > most:
                best, most = Matched(images, form), count
            if most == len(ids):
                break
        return best

    def _candidates(self, ids: list[str]) -> Iterator[tuple[str, list[Image | None]]]:
        for form, of in FORMS.items():
            known = self._known(form)
            yield form, [known.get(of(text)) for text in ids]
            if form == "path":
                yield (
                    "end of the path",
                    [next((known[end] for end in _ends(text) if end in known), None) for text in ids],
                )

    def _known(self, form: str) -> dict[str, Image | None]:
        """What images are called in a form -> the image; None where it would be several."""
        if form not in self._by_form:
            found: dict[str, Image | None] = {}
            for split, paths in self._paths.items():
                for row, path in enumerate(paths or ()):
                    key = FORMS[form](path)
                    found[key] = None if key in found else (split, row)
            self._by_form[form] = found
        return self._by_form[form]


def _ends(path: str) -> Iterator[str]:
    """A path without its first folders, the longest first."""
    parts = path.split("/")
    return ("/".join(parts[start:]) for start in range(1, len(parts)))


def numbers(ids: NDArray[Any]) -> NDArray[np.int64] | None:
    """Ids (N,) as row numbers, None where one of them is none; `7.0` is 7, as pandas writes it."""
    if ids.dtype.kind in "iu":
        return ids.astype(np.int64)
    if ids.dtype.kind == "f":
        whole = np.isfinite(ids).all() and (ids == np.floor(ids)).all() and (np.abs(ids) < 2**53).all()
        return ids.astype(np.int64) if whole else None
    if ids.dtype.kind not in "U" or not all(
        text.isascii() and text.isdigit() and len(text) < 19 for text in ids.tolist()
    ):
        return None
    return ids.astype(np.int64)
