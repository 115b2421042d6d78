"""Losses of decisions, their slopes and their curvature."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


class Loss(Protocol):
    """A convex loss of decisions (N, C), weighted by row and summed."""

    def at(self, decision: Matrix) -> tuple[float, Matrix]:
        """The sum in nats, and its derivative by every decision (N, C): probability less truth, weighted."""

    def curvature(self, decision: Matrix) -> NDArray[np.float64]:
        """The second derivative by a decision (N,), mean over columns: probability times its complement, weighted."""


@dataclass(frozen=True)
class Softmax:
    """Cross-entropy of classes: `truth` (N, C) has a 1 in every row."""

    truth: Matrix
    weights: Matrix
    """(N, 1)"""

    def at(self, decision: Matrix) -> tuple[float, Matrix]:
        """The sum in nats, and its derivative by every decision (N, C)."""
        shifted = decision - decision.max(axis=1, keepdims=True)
        shares = np.exp(shifted)
        total = shares.sum(axis=1, keepdims=True)
        own = (self.truth * shifted).sum(axis=1, keepdims=True)
        shares /= total
        return float((self.weights * (np.log(total) - own)).sum()), self.weights * (shares - self.truth)

    def curvature(self, decision: Matrix) -> NDArray[np.float64]:
        """The second derivative by a decision (N,), mean over columns."""
        from scipy.special import softmax

        shares = softmax(decision, axis=1)
        found: NDArray[np.float64] = (self.weights * shares * (1 - shares)).mean(axis=1)
        return found


@dataclass(frozen=True)
class Sigmoid:
    """Cross-entropy of yes-no questions, one a column."""

    truth: Matrix
    weights: Matrix
    """(N, 1)"""

    def at(self, decision: Matrix) -> tuple[float, Matrix]:
        """The sum in nats, and its derivative by every decision (N, C)."""
        small = np.exp(-np.abs(decision))
        shares = np.where(decision < 0, small, 1.0) / (1 + small)
        loss = np.maximum(decision, 0) + np.log1p(small) - self.truth * decision
        return float((self.weights * loss).sum()), self.weights * (shares - self.truth)

    def curvature(self, decision: Matrix) -> NDArray[np.float64]:
        """The second derivative by a decision (N,), mean over columns."""
        from scipy.special import expit

        found: NDArray[np.float64] = (self.weights * expit(decision) * expit(-decision)).mean(axis=1)
        return found
