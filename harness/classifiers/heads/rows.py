"""Training rows that a linear head is fitted on: by their products, or by columns standardised on the fly."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.classifiers import fusion
from fuseboard.harness.classifiers.classifier import Blocks
from fuseboard.harness.classifiers.gram import Gram, Matrix, Standardiser, Weights, gram


@dataclass(frozen=True)
class TrainingRows(ABC):
    """Standardised rows of blocks, and weights of theirs (R, C) that make a linear head."""

    by_row: ClassVar[bool]
    """Whether weights are of rows rather than of columns."""

    blocks: Blocks
    standardisers: Sequence[Standardiser]

    def __len__(self) -> int:
        return len(self.blocks[0])

    @abstractmethod
    def products(self, weights: Weights) -> Matrix:
        """A new matrix (R, R) of the weighted rows' products with each other, or of their columns' with each other."""

    @abstractmethod
    def matrix(self) -> tuple[NDArray[np.floating[Any]], Matrix | None]:
        """The rows (N, P) as solvers take them, and what turns weights (P, C) into (R, C); None where it is nothing."""

    @abstractmethod
    def pull(self, slope: Matrix) -> Matrix:
        """Turns slopes (N, C) into the gradient by the weights (R, C)."""

    @abstractmethod
    def unseen(self, weights: Matrix) -> Matrix:
        """Multiplies validation's rows with weights (R, C) to (V, C)."""

    @abstractmethod
    def columns(self, weights: Matrix) -> Matrix:
        """The weights (D, C) of standardised columns."""

    @cached_property
    def standardiser(self) -> Standardiser:
        """Of the joined columns."""
        return Standardiser(
            np.concatenate([each.mean for each in self.standardisers]),
            np.concatenate([each.scale for each in self.standardisers]),
        )


@dataclass(frozen=True)
class Products(TrainingRows):
    """By the products of rows, where there are fewer rows than columns: a weight per row."""

    by_row = True

    train: Matrix
    """(N, N)"""
    validation: Matrix
    """(V, N)"""

    def products(self, weights: Weights) -> Matrix:
        """Multiplies them by the roots of both rows' weights."""
        root = np.sqrt(weights)
        found: Matrix = root[:, None] * self.train * root
        return found

    def matrix(self) -> tuple[NDArray[np.floating[Any]], Matrix | None]:
        """Turns the rows into as many columns as they span, in which their products are the same.

        A penalty of squares is the same there, too, so every model with one has the same answers.
        """
        from scipy.linalg import eigh

        values, vectors = eigh(self.train, driver="evd")
        spanned = values > values[-1] * len(values) * np.finfo(np.float64).eps
        root = np.sqrt(values[spanned])
        return vectors[:, spanned] * root, vectors[:, spanned] / root

    def pull(self, slope: Matrix) -> Matrix:
        """A slope is its own gradient, by the weights of rows."""
        return slope

    def unseen(self, weights: Matrix) -> Matrix:
        """Multiplies validation's rows with weights (R, C) to (V, C)."""
        return self.validation @ weights

    def columns(self, weights: Matrix) -> Matrix:
        """Sums up the rows."""
        return np.concatenate(
            [
                rows.T @ weights
                for block, standardiser in zip(self.blocks, self.standardisers, strict=True)
                for _, rows in standardiser.columns(block)
            ]
        )


@dataclass(frozen=True)
class Columns(TrainingRows):
    """By the columns, where there are more rows: a weight per column."""

    by_row = False

    others: Blocks
    """Of validation."""

    def products(self, weights: Weights) -> Matrix:
        """Sums them up over rows."""
        root, total = np.sqrt(weights)[:, None], np.zeros((len(self.standardiser.mean),) * 2)
        for where, rows in fusion.batches(self.blocks):
            own = root[where] * (rows - self.standardiser.mean) / self.standardiser.scale
            total += own.T @ own
        return total

    def matrix(self) -> tuple[NDArray[np.floating[Any]], Matrix | None]:
        """The joined and standardised rows, in the precision of the blocks."""
        found = np.empty((len(self), len(self.standardiser.mean)), np.float32)
        for where, rows in fusion.batches(self.blocks):
            found[where] = (rows - self.standardiser.mean) / self.standardiser.scale
        return found, None

    def pull(self, slope: Matrix) -> Matrix:
        """Sums up the rows times their slopes."""
        total = -np.outer(self.standardiser.mean, slope.sum(axis=0))
        for where, rows in fusion.batches(self.blocks):
            total += rows.T.astype(np.float64) @ slope[where]
        return total / self.standardiser.scale[:, None]

    def unseen(self, weights: Matrix) -> Matrix:
        """Multiplies validation's rows with weights (R, C) to (V, C)."""
        return self._multiplied(self.others, weights)

    def columns(self, weights: Matrix) -> Matrix:
        """They are what the weights are of."""
        return weights

    def _multiplied(self, blocks: Blocks, weights: Matrix) -> Matrix:
        """Standardises the weights instead of the rows, which in float64 is the same."""
        raw = weights / self.standardiser.scale[:, None]
        parts = [rows.astype(np.float64) @ raw for _, rows in fusion.batches(blocks)]
        found: Matrix = np.concatenate(parts) - self.standardiser.mean @ raw
        return found


def rows_of(
    train: Blocks, validation: Blocks, weights: Weights, grams: Sequence[Gram] | None, most: int | None = None
) -> TrainingRows:
    """Takes the products where they are there already, or where they are fewer than the columns and at most `most`."""
    rows = len(train[0])
    if grams is None and rows > min(most or rows, sum(block.shape[1] for block in train)):
        return Columns(train, [Standardiser.of(block, weights) for block in train], validation)
    own = grams or [gram(one, other, weights) for one, other in zip(train, validation, strict=True)]
    return Products(
        train,
        [each.standardiser for each in own],
        np.sum([each.train for each in own], axis=0),
        np.sum([each.validation for each in own], axis=0),
    )
