"""The dataset: labelled images in official splits, which every kind of dataset offers in the same way."""

import os
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.store.arrays import Labels
from fuseboard.store.embeddings.manifest import SPLITS, ColumnName, SplitName

Image = NDArray[np.uint8]
Images = Iterator[Image]
Reader = Callable[[], Image]
"""Reads one image; to be called in whatever thread has time for it."""

WORKERS = min(8, os.cpu_count() or 1)
"""Threads that read files; Pillow and hashlib release the interpreter's lock."""


class Dataset(ABC):
    """Labelled images in splits; an image's id is its row number in its split."""

    name: str
    task: str
    """One of MedMNIST's: `binary-class`, `multi-class`, `ordinal-regression`, `multi-label, binary-class`."""
    label_names: tuple[str, ...]
    """The name of every class, or of every finding of a multi-label task."""
    licence: str
    source_md5: str
    """MD5 that identifies the images in every manifest and result: that of the source file."""
    splits: tuple[SplitName, ...] = SPLITS

    @property
    def at_hand(self) -> bool:
        """Whether labels and images can be read without downloading anything."""
        return True

    @property
    def published_md5(self) -> str | None:
        """`source_md5` where it is known before the images are looked at."""
        return self.source_md5

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a person should know of these images before they are used, a line each."""
        return ()

    def rows(self, split: str) -> int | None:
        """Official images of a split; None where only the images tell."""
        return None

    def check(self) -> None:  # noqa: B027
        """Raises if images cannot be read, before a model is loaded for them; nothing to do for most datasets."""

    @abstractmethod
    def labels(self, split: str) -> Labels:
        """Class numbers (N,), or (N, L) of 0 and 1 for multi-label."""

    @abstractmethod
    def images(self, split: str, start: int, stop: int) -> Images:
        """Rows `start` to `stop` in order, each (H, W), (H, W, 3) or, with alpha, (H, W, 4), read as a stream."""

    def readers(self, split: str, start: int, stop: int) -> Iterator[Reader]:
        """The rows as something to be read later, so that decoding runs in many threads and holds one image in each."""
        return (partial(_itself, image) for image in self.images(split, start, stop))

    def columns(self, split: str) -> dict[ColumnName, NDArray[Any]]:
        """Further facts of every row (N,), which the shards carry beside the label; most datasets have none."""
        return {}


def _itself(image: Image) -> Image:
    return image


def read_ahead(readers: Iterator[Reader]) -> Images:
    """Images in their order, a few of them read beforehand in threads."""
    pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="read")
    try:
        pending: deque[Future[Image]] = deque()
        for reader in readers:
            pending.append(pool.submit(reader))
            if len(pending) > WORKERS:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


class First(Dataset):
    """The first images of every split of a dataset: a dataset of its own name, so its rows meet no others."""

    def __init__(self, whole: Dataset, count: int) -> None:
        self.name = f"{whole.name}-first{count}"
        self.task, self.label_names, self.licence = whole.task, whole.label_names, whole.licence
        self.splits = whole.splits
        self._whole, self._count = whole, count

    @cached_property
    def source_md5(self) -> str:  # type: ignore[override]
        """The MD5 of the whole dataset's images."""
        return self._whole.source_md5

    @property
    def published_md5(self) -> str | None:
        """The published MD5 of the whole dataset."""
        return self._whole.published_md5

    @property
    def at_hand(self) -> bool:
        """Whether the whole dataset can be read without a download."""
        return self._whole.at_hand

    @property
    def remarks(self) -> tuple[str, ...]:
        """The remarks on the whole dataset."""
        return self._whole.remarks

    def rows(self, split: str) -> int | None:
        """Returns the number of images of a split, at most as many as this dataset takes."""
        whole = self._whole.rows(split)
        return None if whole is None else min(whole, self._count)

    def check(self) -> None:
        """Checks the whole dataset."""
        self._whole.check()

    def labels(self, split: str) -> Labels:
        """Returns the labels of the first images."""
        return self._whole.labels(split)[: self._count]

    def images(self, split: str, start: int, stop: int) -> Images:
        """Returns images of the whole dataset, whose ids they keep."""
        return self._whole.images(split, start, min(stop, self._count))

    def readers(self, split: str, start: int, stop: int) -> Iterator[Reader]:
        """Returns readers of the whole dataset."""
        return self._whole.readers(split, start, min(stop, self._count))

    def columns(self, split: str) -> dict[ColumnName, NDArray[Any]]:
        """Returns the further columns of the first images."""
        return {name: values[: self._count] for name, values in self._whole.columns(split).items()}
