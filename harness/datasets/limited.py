"""Limited datasets: some images of every split of another, to try something on."""

import hashlib
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.datasets.dataset import Dataset, Images, Reader, Rows, read_ahead
from fuseboard.store.arrays import Labels, is_multi_label
from fuseboard.store.embeddings.manifest import ColumnName

if TYPE_CHECKING:
    import polars as pl

T = TypeVar("T")

SEED = 2026
"""Of every sample, so that a name means the same images everywhere."""


class Limited(Dataset):
    """Some images of every split of a dataset: a dataset of its own name, so its rows meet no others."""

    kind: str

    def __init__(self, whole: Dataset, count: int) -> None:
        self.name = f"{whole.name}-{self.kind}{count}"
        self.task, self.label_names, self.licence = whole.task, whole.label_names, whole.licence
        self.splits, self.reading, self.decodes = whole.splits, whole.reading, whole.decodes
        self.group_column, self.declares = whole.group_column, whole.declares
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

    @property
    def groups(self) -> Mapping[str, Sequence[str]]:  # type: ignore[override]
        """The groups of these images."""
        return {split: self._of(split, groups) for split, groups in self._whole.groups.items()}

    def paths(self, split: str) -> Sequence[str] | None:
        """Returns the paths of these images."""
        whole = self._whole.paths(split)
        return None if whole is None else self._of(split, whole)

    def further_columns(self, split: str) -> Mapping[str, Sequence[str | None]]:
        """Returns the further columns of these images."""
        return {name: self._of(split, values) for name, values in self._whole.further_columns(split).items()}

    @abstractmethod
    def _of(self, split: str, values: Sequence[T]) -> Sequence[T]:
        """Returns those of the values of every image of a split that are of these images."""

    def keys(self, split: str) -> Sequence[str] | None:
        """Returns the keys of these images."""
        whole = self._whole.keys(split)
        return None if whole is None else self._of(split, whole)

    def check(self, rows: Rows | None = None) -> None:
        """Checks the whole dataset, or some of these images."""
        if rows is None:
            return self._whole.check()
        places = {split: self._of(split, range(len(self._whole.labels(split)))) for split in rows}
        self._whole.check({split: [places[split][row] for row in some] for split, some in rows.items()})

    def as_divided(self, root: Path) -> Self:
        """Takes so many of the whole dataset as a store has it divided."""
        return type(self)(self._whole.as_divided(root), self._count)

    def record(self, root: Path) -> None:
        """Writes down how the whole dataset is divided, and which images these are."""
        self._whole.record(root)
        super().record(root)

    def image_table(self) -> "pl.DataFrame | None":
        """Returns which images these are, as the whole dataset has them."""
        whole = self._whole.image_table()
        if whole is None:
            return None
        import polars as pl

        parts = whole.partition_by("split", maintain_order=True)
        taken = [part[list(self._of(part["split"][0], range(len(part))))] for part in parts]
        return pl.concat([part.with_columns(id=pl.int_range(pl.len(), dtype=pl.UInt32)) for part in taken])

    def split_table(self) -> "pl.DataFrame | None":
        """Returns how the whole dataset is divided."""
        return self._whole.split_table()


class First(Limited):
    """The first images, as stores from before there were samples have them; of a sorted list perhaps of one class."""

    kind = "first"

    def labels(self, split: str) -> Labels:
        """Returns the labels of the first images."""
        return self._whole.labels(split)[: self._count]

    def images(self, split: str, start: int, stop: int) -> Images:
        """Returns images of the whole dataset, whose ids they keep."""
        return self._whole.images(split, start, min(stop, self._count))

    def readers(self, split: str, start: int, stop: int) -> Iterator[Reader]:
        """Returns readers of the whole dataset."""
        return self._whole.readers(split, start, min(stop, self._count))

    def _of(self, split: str, values: Sequence[T]) -> Sequence[T]:
        return values[: self._count]

    def columns(self, split: str) -> dict[ColumnName, NDArray[Any]]:
        """Returns the further columns of the first images."""
        return {name: values[: self._count] for name, values in self._whole.columns(split).items()}


class Sample(Limited):
    """A sample that holds the classes as the whole split does, in the order of the whole.

    Images of several labels are drawn without regard to them: there are more combinations than images in a sample.
    """

    kind = "sample"

    def __init__(self, whole: Dataset, count: int) -> None:
        super().__init__(whole, count)
        self._drawn: dict[str, NDArray[np.intp]] = {}

    @property
    def remarks(self) -> tuple[str, ...]:
        """The remarks on the whole dataset, and how the images were drawn where classes did not matter."""
        plain = "images of several labels are sampled without regard to them, so a rare label may be missing"
        return (*super().remarks, plain) if is_multi_label(self.task) else super().remarks

    def labels(self, split: str) -> Labels:
        """Returns the labels of the sample."""
        return self._whole.labels(split)[self._rows_of(split)]

    def images(self, split: str, start: int, stop: int) -> Images:
        """Returns images of the sample, numbered from 0."""
        return read_ahead(self.readers(split, start, stop))

    def readers(self, split: str, start: int, stop: int) -> Iterator[Reader]:
        """Returns readers of the whole dataset."""
        return self._whole.pick(split, self._rows_of(split)[start:stop])

    def _of(self, split: str, values: Sequence[T]) -> Sequence[T]:
        return [values[row] for row in self._rows_of(split)]

    def columns(self, split: str) -> dict[ColumnName, NDArray[Any]]:
        """Returns the further columns of the sample."""
        return {name: values[self._rows_of(split)] for name, values in self._whole.columns(split).items()}

    def _rows_of(self, split: str) -> NDArray[np.intp]:
        if split not in self._drawn:
            self._drawn[split] = draw(self._whole.labels(split), self._count, f"{SEED} {split}")
        return self._drawn[split]


def draw(labels: Labels, count: int, seed: str) -> NDArray[np.intp]:
    """Returns the rows of a sample, ascending; a larger sample of the same seed holds every smaller one.

    Image j of the n of a class, in the order of an MD5 of seed and row, has the place j / n, and the lowest places
    are taken: Adams' apportionment, in which every class has an image before any has two and none has more than its
    share rounded up. The MD5 makes it the same in all releases of all libraries, as `splitting` does.

    Args:
        labels: (N,) class numbers, or (N, L) of 0 and 1, where the order of the MD5 alone decides.
        count: images that are wanted; all are returned where there are fewer.
        seed: a text.
    """
    hashes = [hashlib.md5(f"{seed} {row}".encode(), usedforsecurity=False).digest() for row in range(len(labels))]
    order = np.array(sorted(range(len(labels)), key=hashes.__getitem__), np.intp)
    if labels.ndim == 1:
        by_class = order[np.argsort(labels[order], kind="stable")]
        _, starts, sizes = np.unique(labels[by_class], return_index=True, return_counts=True)
        places = np.empty(len(labels))
        places[by_class] = (np.arange(len(labels)) - np.repeat(starts, sizes)) / np.repeat(sizes, sizes)
        order = order[np.argsort(places[order], kind="stable")]
    return np.sort(order[:count])
