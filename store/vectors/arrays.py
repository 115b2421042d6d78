"""Arrays of a file: what they are called and how large they are, known before a number is read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_TEXT = 4096
"""Bytes of an id, a label or the name of a split; more is no such thing."""


@dataclass(frozen=True)
class Array:
    """An array that lies in a file."""

    shape: tuple[int, ...]
    kind: str
    """NumPy's letter: `f` floats, `i` and `u` whole numbers, `b` truth values, `U` and `S` text, others are nothing."""
    part: Callable[[int, int], NDArray[Any]]
    """Reads the rows from one number to before another."""

    @classmethod
    def of(cls, whole: NDArray[Any]) -> "Array":
        """Wraps an array that is in memory, or a view of a mapped file."""
        return cls(whole.shape, whole.dtype.kind, lambda start, stop: whole[start:stop])

    @classmethod
    def listed(cls, values: Sequence[Any]) -> "Array | None":
        """A list of texts or of numbers as an array; None where it is neither."""
        if values and (all(type(one) is str for one in values) or all(type(one) in (int, float) for one in values)):
            return cls.of(np.array(values))
        return None

    @property
    def is_vectors(self) -> bool:
        """Whether it can be vectors (N, D)."""
        return self.kind == "f" and len(self.shape) == 2

    def whole(self) -> NDArray[Any]:
        """All of it; bytes are text, as HDF5 and NumPy keep UTF-8."""
        values = self.part(0, self.shape[0])
        if values.dtype.kind == "O":
            return np.array([one.decode() if isinstance(one, bytes) else str(one) for one in values])
        return np.char.decode(values, "utf-8") if values.dtype.kind == "S" else values


Arrays = Mapping[str, Array]
"""Name in the file -> array; a file that is one array has it under the empty name."""
