"""Losses of decisions, and their slopes."""

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


class Loss(Protocol):
    """A convex loss of decisions (N, C), weighted by row and summed."""

    @property
    def weights(self) -> Matrix:
        """(N, 1) weights of the rows."""

    @property
    def curvature(self) -> float:
        """Of the loss of one row, along any direction of length 1, at most."""

    def value(self, decision: Matrix) -> float:
        """Sums it, in nats."""

    def slope(self, decision: Matrix) -> Matrix:
        """Its derivative by every decision (N, C)."""


@dataclass(frozen=True)
class Softmax:
    """Cross-entropy of classes: `truth` (N, C) has a 1 in every row."""

    truth: Matrix
    weights: Matrix
    """(N, 1)"""
    curvature: ClassVar[float] = 0.5

    def value(self, decision: Matrix) -> float:
        """Sums -log of the true classes' probabilities."""
        from scipy.special import log_softmax

        return -float((self.weights * self.truth * log_softmax(decision, axis=1)).sum())

    def slope(self, decision: Matrix) -> Matrix:
        """Probability less truth."""
        from scipy.special import softmax

        found: Matrix = self.weights * (softmax(decision, axis=1) - self.truth)
        return found


@dataclass(frozen=True)
class Sigmoid:
    """Cross-entropy of yes-no questions, one a column."""

    truth: Matrix
    weights: Matrix
    """(N, 1)"""
    curvature: ClassVar[float] = 0.25

    def value(self, decision: Matrix) -> float:
        """Sums -log of the true answers' probabilities."""
        return float((self.weights * (np.logaddexp(0, decision) - self.truth * decision)).sum())

    def slope(self, decision: Matrix) -> Matrix:
        """Probability less truth."""
        from scipy.special import expit

        found: Matrix = self.weights * (expit(decision) - self.truth)
        return found
