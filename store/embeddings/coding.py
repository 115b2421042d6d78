"""The coding: how the numbers of a vector are stored, as floats, as one byte each, or as one bit each."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEVELS = 127
"""Codes of one byte go from -127 to 127, so that both ends of a range are as far from its middle."""

_NOTHING = np.empty(0, np.float32)


@dataclass(frozen=True)
class Coding:
    """Numbers to what is stored of them, and back.

    A code of one byte is a step of `scale` from `offset`, both per number of the vector. A bit says on which side of
    a threshold a number lies and comes back as 1 or -1, so that products of vectors count the bits that are equal.

    Args:
        dtype: of the manifest.
        dim: numbers of a vector.
        scale: (D,) of `int8`; 0 where every number is the offset.
        offset: (D,) of `int8`.
        threshold: (D,) of `binary`, which only encoding needs.
    """

    dtype: str
    dim: int
    scale: NDArray[np.float32] = field(default_factory=lambda: _NOTHING)
    offset: NDArray[np.float32] = field(default_factory=lambda: _NOTHING)
    threshold: NDArray[np.float32] = field(default_factory=lambda: _NOTHING)

    @property
    def width(self) -> int:
        """Numbers of the column `embedding`: eight bits lie in one."""
        return width(self.dtype, self.dim)

    def encode(self, vectors: NDArray[np.float32]) -> NDArray[Any]:
        """Returns what is stored (N, width) of vectors (N, D); beyond the ends of a range lies its end."""
        if self.dtype == "int8":
            steps = (vectors.astype(np.float64) - self.offset) / np.where(self.scale > 0, self.scale, 1)
            codes: NDArray[np.int8] = np.clip(np.rint(np.where(self.scale > 0, steps, 0)), -LEVELS, LEVELS).astype(
                np.int8
            )
            return codes
        if self.dtype == "binary":
            return np.packbits(vectors > self.threshold, axis=1)
        return vectors.astype(self.dtype)

    def decode(self, stored: NDArray[Any]) -> NDArray[np.float32]:
        """Returns the vectors (N, D) of what is stored (N, width); floats are handed on as they are."""
        if self.dtype == "int8":
            found: NDArray[np.float32] = stored.astype(np.float32)
            found *= self.scale
            found += self.offset
            return found
        if self.dtype == "binary":
            bits = np.unpackbits(stored, axis=1, count=self.dim).astype(np.float32)
            bits *= 2
            bits -= 1
            return bits
        return stored

    def sql(self) -> str:
        """Returns the DuckDB expression of the vector, as a list of FLOAT."""
        if self.dtype == "int8":
            scale, offset = (f"{own.tolist()}::FLOAT[]" for own in (self.scale, self.offset))
            return f"list_transform(list_zip(embedding::FLOAT[], {scale}, {offset}), lambda x: x[1] * x[2] + x[3])"
        if self.dtype == "binary":
            bits = "list_transform(range(7, -1, -1), lambda n: (((b::INTEGER >> n::INTEGER) & 1) * 2 - 1)::FLOAT)"
            return f"flatten(list_transform(embedding::UTINYINT[], lambda b: {bits}))[1:{self.dim}]"
        return "embedding::FLOAT[]"


def width(dtype: str, dim: int) -> int:
    """Returns how many numbers the column `embedding` has for vectors of `dim` numbers."""
    return -(-dim // 8) if dtype == "binary" else dim


def bytes_per_image(dtype: str, dim: int) -> int:
    """Returns how many bytes a vector takes before Parquet compresses it."""
    return width(dtype, dim) * {"float32": 4, "float16": 2}.get(dtype, 1)


def sql_form(dtype: str, dim: int) -> str:
    """Returns the type of the column `embedding` in DuckDB, for vectors of `dim` numbers."""
    kind = {"int8": "TINYINT", "binary": "UTINYINT"}.get(dtype, "FLOAT")
    return f"{kind}[{width(dtype, dim)}]"
