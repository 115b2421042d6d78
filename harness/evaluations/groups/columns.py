"""The column: which group every image is in, such as its site."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.datasets.bands import MOST_VALUES, banded
from fuseboard.harness.search import image_metadata
from fuseboard.harness.search.pool import Pool
from fuseboard.store.embeddings.manifest import SPLITS
from fuseboard.store.errors import UsageError
from fuseboard.store.files.hashing import fingerprint
from fuseboard.store.results.group_rows import natural
from fuseboard.store.store import Store

Numbers = NDArray[np.intp]


@dataclass(frozen=True)
class Column:
    """A column whose values are the groups."""

    name: str
    values: tuple[str, ...]
    numbers: Mapping[str, Numbers]
    """Split -> (N,) which value every image has; -1 where that is not known."""
    units: Mapping[str, Numbers]
    """Split -> (N,) equal numbers for what belongs together, such as the images of a patient."""

    @cached_property
    def digest(self) -> str:
        """What tells a corrected column from the one before, of which older rows are."""
        every = {split: [own.tolist(), self.units[split].tolist()] for split, own in self.numbers.items()}
        return fingerprint({"values": self.values, **every})

    def known(self, split: str) -> Numbers:
        """Returns the rows of the images whose group is known."""
        return np.flatnonzero(self.numbers[split] >= 0)

    def rows(self, split: str, value: str) -> Numbers:
        """Returns the rows of a group."""
        return np.flatnonzero(self.numbers[split] == self.values.index(value))

    def others(self, value: str) -> Numbers:
        """Returns the rows of training that are known to be of another group."""
        return np.setdiff1d(self.known("train"), self.rows("train", value))

    @property
    def in_both(self) -> tuple[str, ...]:
        """The values that training and test have."""
        return tuple(v for v in self.values if len(self.rows("train", v)) and len(self.rows("test", v)))

    @property
    def remarks(self) -> list[str]:
        """What a reader of the groups has to know."""
        found = []
        for split in ("train", "test"):
            if lacking := len(self.numbers[split]) - len(self.known(split)):
                total = len(self.numbers[split])
                found.append(f"{self.name}: not known of {lacking:,} of {total:,} images of {split}, in no group")
        absent = [value for value in self.values if not len(self.rows("test", value))]
        if absent:
            found.append(f"{self.name}: no image of test is of {', '.join(absent)}")
        return found


def read(store: Store, pool: Pool, name: str) -> Column:
    """Reads a column of the images' metadata; many numbers, such as ages, become two groups.

    Raises:
        UsageError: no such column, fewer than two values, or more than can be told apart.
    """
    cells = {split: image_metadata.values(store, pool, name, split) for split in SPLITS}
    said = banded([cell for own in cells.values() for cell in own])
    if isinstance(said, int):
        raise UsageError(
            f"{pool.dataset}: {name} has {said:,} values, and groups can be told apart up to {MOST_VALUES}; name a "
            "column of fewer and larger groups, such as the site"
        )
    values = sorted({cell for cell in said if cell is not None}, key=natural)
    if len(values) < 2:
        held = f"the value {values[0]!r} alone" if values else "no value at all"
        raise UsageError(f"{pool.dataset}: {name} has {held}, so there are no groups to compare; name another column")
    number = {value: place for place, value in enumerate(values)}
    every = np.array([-1 if cell is None else number[cell] for cell in said], np.intp)
    ends = np.cumsum([len(own) for own in cells.values()])[:-1]
    return Column(
        name,
        tuple(values),
        dict(zip(cells, np.split(every, ends), strict=True)),
        {split: image_metadata.units(store, pool, split) for split in SPLITS},
    )
