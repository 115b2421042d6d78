"""Training rows that a linear head is fitted on: by their products, or by columns standardised on the fly."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.classifiers import fusion
from fuseboard.harness.classifiers.classifier import Blocks
from fuseboard.harness.fusion.heads.descent import Guess
from fuseboard.harness.fusion.heads.gram import Gram, Standardiser, Weights, gram
from fuseboard.harness.fusion.heads.losses import Matrix


@dataclass(frozen=True)
class TrainingRows(ABC):
    """Standardised rows of blocks, and weights of theirs (R, C) that make a linear head."""

    by_row: ClassVar[bool]
    """Whether weights are of rows rather than of columns."""

    blocks: Blocks
    standardisers: Sequence[Standardiser]

    def __len__(self) -> int:
        return len(self.blocks[0])

    @property
    @abstractmethod
    def size(self) -> int:
        """R."""

    @abstractmethod
    def products(self, weights: Weights) -> Matrix:
        """A new matrix (R, R) of the weighted rows' products with each other, or of their columns' with each other."""

    @abstractmethod
    def decisions(self, weights: Matrix) -> Matrix:
        """Multiplies the rows with weights (R, C) to (N, C)."""

    @abstractmethod
    def pull(self, slope: Matrix) -> Matrix:
        """Turns slopes (N, C) into the gradient by the weights (R, C)."""

    @abstractmethod
    def guess(self, curvature: NDArray[np.float64]) -> Guess:
        """Prepares the division by 1 + rows' · curvature · rows, of a curvature (N,) for each row."""

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

    @property
    def size(self) -> int:
        """N."""
        return len(self.train)

    def products(self, weights: Weights) -> Matrix:
        """Multiplies them by the roots of both rows' weights."""
        root = np.sqrt(weights)
        found: Matrix = root[:, None] * self.train * root
        return found

    def decisions(self, weights: Matrix) -> Matrix:
        """Multiplies the rows with weights (R, C) to (N, C)."""
        return self.train @ weights

    def pull(self, slope: Matrix) -> Matrix:
        """A slope is its own gradient, by the weights of rows."""
        return slope

    def guess(self, curvature: NDArray[np.float64]) -> Guess:
        """By the identity of Woodbury: a matrix of rows is solved instead of one of columns."""
        from scipy.linalg import cho_solve

        root, solver = np.sqrt(curvature)[:, None], _factor(self.products(curvature))

        def divide(weights: Matrix, linear: Matrix) -> tuple[Matrix, Matrix]:
            found = weights - root * cho_solve(solver, root * linear, check_finite=False)
            return found, (weights - found) / root**2

        return divide

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
    """By the columns, where there are more rows: a weight per column, and no copy of the blocks as a whole."""

    by_row = False

    others: Blocks
    """Of validation."""

    @property
    def size(self) -> int:
        """D."""
        return sum(block.shape[1] for block in self.blocks)

    def products(self, weights: Weights) -> Matrix:
        """Sums them up over rows."""
        root, total = np.sqrt(weights)[:, None], np.zeros((len(self.standardiser.mean),) * 2)
        for where, rows in fusion.batches(self.blocks):
            own = root[where] * (rows - self.standardiser.mean) / self.standardiser.scale
            total += own.T @ own
        return total

    def decisions(self, weights: Matrix) -> Matrix:
        """Multiplies the rows with weights (R, C) to (N, C)."""
        return self._multiplied(self.blocks, weights)

    def pull(self, slope: Matrix) -> Matrix:
        """Sums up the rows times their slopes."""
        total = -np.outer(self.standardiser.mean, slope.sum(axis=0))
        for where, rows in fusion.batches(self.blocks):
            total += rows.T.astype(np.float64) @ slope[where]
        return total / self.standardiser.scale[:, None]

    def guess(self, curvature: NDArray[np.float64]) -> Guess:
        """As if every row had the mean curvature: another sum over all rows for each penalty would cost more."""
        from scipy.linalg import cho_solve

        solver = _factor(float(curvature.mean()) * self._covariance)
        return lambda weights, linear: (cho_solve(solver, weights, check_finite=False), linear)

    @cached_property
    def _covariance(self) -> Matrix:
        return self.products(np.ones(len(self)))

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


def _factor(curved: Matrix) -> tuple[Matrix, bool]:
    """Factors 1 + a matrix, which is overwritten, by Cholesky."""
    from scipy.linalg import cholesky

    curved[np.diag_indices_from(curved)] += 1
    return cholesky(curved, lower=True, overwrite_a=True, check_finite=False), True


def rows_of(train: Blocks, validation: Blocks, weights: Weights, grams: Sequence[Gram] | None) -> TrainingRows:
    """Takes the way that has fewer weights, or the products where they are there already."""
    if grams is None and len(train[0]) > sum(block.shape[1] for block in train):
        return Columns(train, [Standardiser.of(block, weights) for block in train], validation)
    own = grams or [gram(one, other, weights) for one, other in zip(train, validation, strict=True)]
    return Products(
        train,
        [each.standardiser for each in own],
        np.sum([each.train for each in own], axis=0),
        np.sum([each.validation for each in own], axis=0),
    )
