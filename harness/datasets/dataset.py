"""The dataset: labelled images in official splits, which every kind of dataset offers in the same way."""

import os
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from fuseboard.store.arrays import Labels
from fuseboard.store.embeddings.declaration import NOTHING, Declaration
from fuseboard.store.embeddings.manifest import SPLITS, ColumnName, SplitName
from fuseboard.store.embeddings.reading import PLAIN, Reading

if TYPE_CHECKING:
    import polars as pl

Image = NDArray[np.uint8]
Images = Iterator[Image]
Reader = Callable[[], Image]
"""Reads one image; to be called in whatever thread has time for it."""

Rows = Mapping[str, Iterable[int]]
"""Split -> some of its rows."""

LIMIT = 178_956_970
"""Pixels of an image at most, unless more is asked for: Pillow's guard against decompression bombs."""

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
    decodes: bool = False
    """Whether `readers` open files, whose decoding takes far longer than handing an image on."""
    reading: Reading = PLAIN
    """What was said of how the image files are read."""
    declares: Declaration = NOTHING
    """What one's own dataset says of its domain and source; those that everybody knows need not."""
    groups: Mapping[str, Sequence[str]] = MappingProxyType({})
    """Split -> the group, such as the patient, of every image; empty where nobody said any."""
    group_column: str = "group"
    """What the table calls the group."""

    @property
    def n_classes(self) -> int:
        """Number of classes, or of labels of a multi-label task."""
        return len(self.label_names)

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

    def check(self, rows: Rows | None = None) -> None:  # noqa: B027
        """Raises if images, or some of them, cannot be read, before a model is loaded for them; most need no look."""

    def as_divided(self, root: Path) -> Self:
        """Returns these images with the splits in which a store has them; the same where others divided them."""
        return self

    def keys(self, split: str) -> Sequence[str] | None:
        """Returns what every image of a split is known by, whatever it is called; None where nobody hashed them."""
        return None

    def record(self, root: Path) -> None:
        """Writes into a store which of one's own images every id is, and what else their table says of them.

        There is nothing to do where others numbered the images.
        """
        if (table := self.image_table()) is not None:
            from fuseboard.store.embeddings import image_table, metadata  # with Polars

            image_table.write(root, self.name, table)
            metadata.write(root, self.name, self.source_md5, {split: self.metadata(split) for split in self.splits})

    def image_table(self) -> "pl.DataFrame | None":
        """Returns which of one's own images every id is; None where others numbered them."""
        return None

    def split_table(self) -> "pl.DataFrame | None":
        """Returns which of one's own images is in which split; None where others divided them."""
        return None

    @abstractmethod
    def labels(self, split: str) -> Labels:
        """Class numbers (N,), or (N, L) of 0 and 1 for multi-label."""

    @abstractmethod
    def images(self, split: str, start: int, stop: int) -> Images:
        """Rows `start` to `stop` in order, each (H, W), (H, W, 3) or, with alpha, (H, W, 4), read as a stream."""

    def readers(self, split: str, start: int, stop: int) -> Iterator[Reader]:
        """The rows as something to be read later, so that decoding runs in many threads and holds one image in each."""
        return (partial(_itself, image) for image in self.images(split, start, stop))

    def pick(self, split: str, rows: NDArray[np.intp]) -> Iterator[Reader]:
        """Returns readers of some rows, ascending; images in between are read and dropped where they are a stream."""
        if not len(rows):
            return iter(())
        start, wanted = int(rows[0]), set(rows.tolist())
        whole = enumerate(self.readers(split, start, int(rows[-1]) + 1), start)
        return (reader for row, reader in whole if row in wanted)

    def paths(self, split: str) -> Sequence[str] | None:
        """What the images of a split are called, in the order of their ids; None where they have numbers alone."""
        return None

    def columns(self, split: str) -> dict[ColumnName, NDArray[Any]]:
        """Further facts of every row (N,), which the shards carry beside the label; most datasets have none."""
        return {}

    def further_columns(self, split: str) -> Mapping[str, Sequence[str | None]]:
        """What else a table says of every image, such as its site or scanner; no shard carries it."""
        return {}

    def metadata(self, split: str) -> Mapping[str, Sequence[str | None]]:
        """Returns the further columns, and the group under the name that the table gives it."""
        groups = {self.group_column: self.groups[split]} if split in self.groups else {}
        return {**groups, **self.further_columns(split)}


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
