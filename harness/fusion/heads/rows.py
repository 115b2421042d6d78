"""Training rows that a linear head is fitted on: by their products, or by columns standardised on the fly."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.classifiers import fusion
from fuseboard.harness.classifiers.classifier import Blocks
from fuseboard.harness.fusion.heads.descent import Point
from fuseboard.harness.fusion.heads.gram import Gram, Standardiser, Weights, gram
from fuseboard.harness.fusion.heads.losses import Matrix


@dataclass(frozen=True)
class TrainingRows(ABC):
    """Standardised rows of blocks, and weights of theirs (R, C) that make a linear head."""

    blocks: Blocks
    standardisers: Sequence[Standardiser]

    def __len__(self) -> int:
        return len(self.blocks[0])

    @property
    @abstractmethod
    def size(self) -> int:
        """R."""

    @abstractmethod
    def decisions(self, weights: Matrix) -> Matrix:
        """Multiplies the rows with weights (R, C) to (N, C)."""

    @abstractmethod
    def pull(self, slope: Matrix) -> Matrix:
        """Turns slopes (N, C) into the gradient by the weights (R, C)."""

    @abstractmethod
    def inner(self, one: Point, other: Point) -> float:
        """Multiplies two points' weights of columns."""

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

    train: Matrix
    """(N, N)"""
    validation: Matrix
    """(V, N)"""

    @property
    def size(self) -> int:
        """N."""
        return len(self.train)

    def decisions(self, weights: Matrix) -> Matrix:
        """Multiplies the rows with weights (R, C) to (N, C)."""
        return self.train @ weights

    def pull(self, slope: Matrix) -> Matrix:
        """A slope is its own gradient, by the weights of rows."""
        return slope

    def inner(self, one: Point, other: Point) -> float:
        """Multiplies two points' weights of columns."""
        return float(np.vdot(one.weights, other.linear))

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

    others: Blocks
    """Of validation."""

    @property
    def size(self) -> int:
        """D."""
        return sum(block.shape[1] for block in self.blocks)

    def decisions(self, weights: Matrix) -> Matrix:
        """Multiplies the rows with weights (R, C) to (N, C)."""
        return np.concatenate([rows @ weights for _, rows in self.tiles(self.blocks)])

    def pull(self, slope: Matrix) -> Matrix:
        """Sums up the rows times their slopes."""
        total: Matrix = np.sum([rows.T @ slope[where] for where, rows in self.tiles(self.blocks)], axis=0)
        return total

    def inner(self, one: Point, other: Point) -> float:
        """Multiplies two points' weights of columns."""
        return float(np.vdot(one.weights, other.weights))

    def unseen(self, weights: Matrix) -> Matrix:
        """Multiplies validation's rows with weights (R, C) to (V, C)."""
        return np.concatenate([rows @ weights for _, rows in self.tiles(self.others)])

    def columns(self, weights: Matrix) -> Matrix:
        """They are what the weights are of."""
        return weights

    def tiles(self, blocks: Blocks) -> Iterator[tuple[slice, NDArray[np.float64]]]:
        """Some standardised rows (n, D) at a time."""
        for where, rows in fusion.batches(blocks):
            yield where, (rows - self.standardiser.mean) / self.standardiser.scale


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
