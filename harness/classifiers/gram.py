"""Standardised features, and their products: all that a linear head needs where there are fewer rows than columns."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.classifiers.one_thread import ONE_THREAD

TILE = 2**22
"""Numbers that are standardised at a time: 32 MiB."""

Matrix = NDArray[np.float64]

Weights = NDArray[np.floating[Any]]
"""(N,) weights of rows, 0 or more."""


@dataclass(frozen=True)
class Standardiser:
    """Mean and deviation of every column (D,) over weighted rows, as scikit-learn's StandardScaler has them.

    The deviation of a constant column is infinite, not 1 as there: so it counts nothing, to the last bit.
    """

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]

    @classmethod
    def of(cls, block: NDArray[np.float32], weights: Weights) -> "Standardiser":
        """Measures a block (N, D); constant is what varies by no more than rounding."""
        shares = weights / weights.sum()
        mean, variance = np.empty((2, block.shape[1]))
        for where, values in _columns(block):
            mean[where] = shares @ values
            variance[where] = shares @ np.square(values - mean[where])
        # what rounding leaves of a constant column, by scikit-learn's bound
        eps = np.finfo(np.float64).eps
        noise = len(block) * eps * variance + (len(block) * mean * eps) ** 2
        return cls(mean, np.where(variance <= noise, np.inf, np.sqrt(variance)))

    def apply(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Standardises rows (n, D)."""
        found: NDArray[np.float64] = (rows.astype(np.float64) - self.mean) / self.scale
        return found

    def columns(self, block: NDArray[np.float32]) -> Iterator[tuple[slice, NDArray[np.float64]]]:
        """Standardises some columns (N, n) at a time."""
        for where, values in _columns(block):
            yield where, (values - self.mean[where]) / self.scale[where]


def _columns(block: NDArray[np.float32]) -> Iterator[tuple[slice, NDArray[np.float64]]]:
    width = max(1, TILE // len(block))
    for start in range(0, block.shape[1], width):
        where = slice(start, start + width)
        yield where, block[:, where].astype(np.float64)


@dataclass(frozen=True)
class Gram:
    """Inner products of one block's standardised rows; those of joined blocks are their sum.

    So those of one backbone serve every subset that it is in.
    """

    standardiser: Standardiser
    train: NDArray[np.float64]
    """(N, N)"""
    validation: NDArray[np.float64]
    """(V, N) of validation rows with those of training; V is 0 where there is no validation."""


def gram(
    train: NDArray[np.float32], validation: NDArray[np.float32] | None = None, sample_weight: Weights | None = None
) -> Gram:
    """Multiplies the rows of a block (N, D), and those of validation (V, D) with them, standardised by training."""
    weights = np.ones(len(train)) if sample_weight is None else sample_weight
    unseen = train[:0] if validation is None else validation
    own, other = np.zeros((len(train), len(train))), np.zeros((len(unseen), len(train)))
    with ONE_THREAD.held():
        standardiser = Standardiser.of(train, weights)
        for where, rows in standardiser.columns(train):
            own += rows @ rows.T
            other += (unseen[:, where] - standardiser.mean[where]) / standardiser.scale[where] @ rows.T
    return Gram(standardiser, own, other)
