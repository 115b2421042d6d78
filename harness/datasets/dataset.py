"""What every dataset offers."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from store.manifest import SPLITS, ColumnName, SplitName

Labels = NDArray[np.integer[Any]]
Images = Iterator[NDArray[np.uint8]]


class Dataset(ABC):
    """Labelled images in splits; an image's id is its row number in its split."""

    name: str
    task: str
    """One of MedMNIST's: `binary-class`, `multi-class`, `ordinal-regression`, `multi-label, binary-class`."""
    label_names: tuple[str, ...]
    """Of every class, or of every finding of a multi-label task."""
    licence: str
    source_md5: str
    """MD5 that identifies the images in every manifest and result: that of the source file."""
    splits: tuple[SplitName, ...] = SPLITS

    @property
    def at_hand(self) -> bool:
        """Whether labels and images can be read without downloading anything."""
        return True

    @abstractmethod
    def labels(self, split: str) -> Labels:
        """Class numbers (N,), or (N, L) of 0 and 1 for multi-label."""

    @abstractmethod
    def images(self, split: str, start: int, stop: int) -> Images:
        """Rows `start` to `stop` in order, each (H, W) or (H, W, 3), read as a stream."""

    def columns(self, split: str) -> dict[ColumnName, NDArray[Any]]:
        """Further facts of every row (N,), which the shards carry beside the label; most datasets have none."""
        return {}


class First(Dataset):
    """The first images of every split of a dataset: a dataset of its own name, so its rows meet no others."""

    def __init__(self, whole: Dataset, count: int) -> None:
        self.name = f"{whole.name}-first{count}"
        self.task, self.label_names, self.licence = whole.task, whole.label_names, whole.licence
        self.source_md5, self.splits = whole.source_md5, whole.splits
        self._whole, self._count = whole, count

    @property
    def at_hand(self) -> bool:
        """As the whole dataset."""
        return self._whole.at_hand

    def labels(self, split: str) -> Labels:
        """Labels of the first images."""
        return self._whole.labels(split)[: self._count]

    def images(self, split: str, start: int, stop: int) -> Images:
        """Rows of the whole dataset, which the ids number."""
        return self._whole.images(split, start, min(stop, self._count))

    def columns(self, split: str) -> dict[ColumnName, NDArray[Any]]:
        """Facts of the first images."""
        return {name: values[: self._count] for name, values in self._whole.columns(split).items()}
