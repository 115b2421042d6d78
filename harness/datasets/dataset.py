"""What every dataset offers."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Dataset(Protocol):
    """Labelled images in train, val and test; an image's id is its row number in the official split."""

    name: str
    task: str
    """One of MedMNIST's: `binary-class`, `multi-class`, `ordinal-regression`, `multi-label, binary-class`."""
    label_names: tuple[str, ...]
    """Of every class, or of every finding of a multi-label task."""
    licence: str
    source_md5: str
    """MD5 of the source file; it identifies the images in every manifest and result."""

    def labels(self, split: str) -> NDArray[np.integer[Any]]:
        """Class numbers (N,), or (N, L) of 0 and 1 for multi-label."""
        ...

    def images(self, split: str, start: int, stop: int) -> Iterator[NDArray[np.uint8]]:
        """Rows `start` to `stop` in order, each (H, W) or (H, W, 3), read as a stream."""
        ...


@dataclass(frozen=True)
class First:
    """The first images of every split of a dataset: a dataset of its own name, so its rows meet no others."""

    whole: Dataset
    count: int

    @property
    def name(self) -> str:
        """`digits-first100`."""
        return f"{self.whole.name}-first{self.count}"

    @property
    def task(self) -> str:
        """The whole dataset's."""
        return self.whole.task

    @property
    def label_names(self) -> tuple[str, ...]:
        """The whole dataset's, also where the first images lack a class."""
        return self.whole.label_names

    @property
    def licence(self) -> str:
        """The whole dataset's."""
        return self.whole.licence

    @property
    def source_md5(self) -> str:
        """The whole dataset's: the images come from the same file."""
        return self.whole.source_md5

    def labels(self, split: str) -> NDArray[np.integer[Any]]:
        """Labels of the first images."""
        return self.whole.labels(split)[: self.count]

    def images(self, split: str, start: int, stop: int) -> Iterator[NDArray[np.uint8]]:
        """Rows of the whole dataset, which the ids number."""
        return self.whole.images(split, start, min(stop, self.count))
