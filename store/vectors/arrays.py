"""Arrays of a file: what they are called and how large they are, known before a number is read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.store.errors import FuseboardError

MAX_TEXT = 1024
"""Letters of an id, a label or the name of a split; more is no such thing."""
TEXTS = 1024
"""Texts of any length that are read at a time; a file may hold one of them a million times."""


@dataclass(frozen=True)
class Array:
    """An array that lies in a file."""

    shape: tuple[int, ...]
    kind: str
    """NumPy's letter: `f` floats, `i` and `u` whole numbers, `b` truth values, `U` and `S` text, others are nothing."""
    part: Callable[[int, int], NDArray[Any]]
    """Reads the rows from one number to before another."""
    itemsize: int = 8
    """Bytes of an element, where all have as many."""

    @classmethod
    def of(cls, whole: NDArray[Any]) -> "Array":
        """Wraps an array that is in memory, or a view of a mapped file."""
        return cls(whole.shape, whole.dtype.kind, lambda start, stop: whole[start:stop], whole.dtype.itemsize)

    @classmethod
    def listed(cls, values: Sequence[Any]) -> "Array | None":
        """A list of texts or of numbers as an array; None where it is neither."""
        if values and all(type(one) is str for one in values):
            return cls((len(values),), "U", lambda start, stop: np.array(values[start:stop], object))
        return cls.of(np.array(values)) if values and all(type(one) in (int, float) for one in values) else None

    @property
    def is_vectors(self) -> bool:
        """Whether it can be vectors (N, D)."""
        return self.kind == "f" and len(self.shape) == 2

    def whole(self, where: str) -> NDArray[Any]:
        """All of it; bytes are text, as HDF5 and NumPy keep UTF-8.

        Raises:
            FuseboardError: it holds texts that are too long to be ids or labels.
        """
        if self.kind not in "US":
            return self.part(0, self.shape[0])
        if self.itemsize > 4 * MAX_TEXT:
            raise FuseboardError(f"{where}: holds texts of {self.itemsize:,} bytes, which is no id and no label")
        found: list[str] = []
        for start in range(0, self.shape[0], TEXTS):
            rows = self.part(start, min(start + TEXTS, self.shape[0])).reshape(-1).tolist()
            if (longest := max(map(len, rows))) > MAX_TEXT:
                raise FuseboardError(f"{where}: holds a text of {longest:,} letters, which is no id and no label")
            found += [one.decode() if isinstance(one, bytes) else str(one) for one in rows]
        return np.array(found)


Arrays = Mapping[str, Array]
"""Name in the file -> array; a file that is one array has it under the empty name."""
