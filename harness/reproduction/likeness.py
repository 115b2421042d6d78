"""Likeness: how near stored vectors are to those that were computed again of the same images."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.backbones import canary
from fuseboard.harness.backbones.precision_check import Closeness
from fuseboard.harness.reproduction.sampling import Vectors, difference
from fuseboard.store.statistics.cka import linear_cka

FLOAT16_ERROR = 2.0**-10
"""What storing numbers as float16 adds to the tolerance, as a share of the largest."""
PAIRINGS = 199
"""Pairings of images with vectors of other images, which say what correlation chance makes."""


def allowed(precision: str, dtype: str) -> float:
    """How far vectors of one model may be apart on two machines, as a share of the largest component.

    Args:
        precision: that they were computed in.
        dtype: `float16` where they were rounded to it.
    """
    return canary.TOLERANCE[precision] + (FLOAT16_ERROR if dtype == "float16" else 0)


@dataclass(frozen=True)
class Likeness:
    """Two sets of vectors (n, D) of the same images, compared."""

    difference: float
    """The largest, as a share of the largest component."""
    cosine: float
    """The least of all images."""
    error: float
    """Root mean square of the differences, as a share of that of the computed vectors around their mean."""
    correlation: float
    """Of the numbers around the mean of their dimension: 1 for equal vectors, about 0 for another model's, whose
    dimensions mean something else."""
    cka: float | None
    """Unbiased linear CKA, which no rotation or scale changes; None where it is not defined."""

    @classmethod
    def of(cls, stored: Vectors, computed: Vectors) -> "Likeness":
        """Compares (n, D) with (n, D); vectors that are not finite are as unlike as can be."""
        closeness = Closeness.of(computed, stored)
        one, two = _centred(stored), _centred(computed)
        spread = float(np.square(two).mean()) ** 0.5 or 1.0
        error = float(np.square(stored.astype(np.float64) - computed).mean()) ** 0.5 / spread
        lengths = float(np.linalg.norm(one) * np.linalg.norm(two))
        correlation = float((one * two).sum()) / lengths if lengths else 0.0
        cka = linear_cka(stored, computed).value
        return cls(difference(stored, computed), closeness.cosine, error, correlation, cka)


def chance(stored: Vectors, computed: Vectors) -> float:
    """The largest correlation of vectors with those of other images, over random pairings."""
    one, two = _centred(stored), _centred(computed)
    products, rows = one @ two.T, np.arange(len(one))
    lengths = float(np.linalg.norm(one) * np.linalg.norm(two)) or 1.0
    draw = np.random.default_rng(0)
    found = (float(products[rows, draw.permutation(len(rows))].sum()) for _ in range(PAIRINGS))
    return max(found) / lengths


def rounded_to(stored: Vectors) -> str | None:
    """`float16` or `bfloat16` where every number is one of that type, which float32 hardly ever holds by chance."""
    if np.array_equal(stored.astype(np.float16).astype(np.float32), stored):
        return "float16"
    return "bfloat16" if not (stored.view(np.uint32) & 0xFFFF).any() else None


def _centred(vectors: Vectors) -> NDArray[np.float64]:
    found: NDArray[np.float64] = vectors.astype(np.float64)
    found -= found.mean(axis=0)
    return found
