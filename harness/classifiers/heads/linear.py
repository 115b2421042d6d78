"""A linear head: what logistic regression and ridge have learned, on raw features."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.classifiers.classifier import Blocks
from fuseboard.harness.classifiers.fusion import BATCH_ROWS
from fuseboard.harness.classifiers.tasks import Link, answers


@dataclass(frozen=True)
class Linear:
    """Weights per column; a binary task and a regression have one row of them, that of the positive class or target."""

    coef: NDArray[np.float32]
    """(C, D), on features as the backbones give them."""
    intercept: NDArray[np.float64]
    """(C,)"""
    center: NDArray[np.float32]
    """(D,), the mean of training, from which contributions are counted."""
    link: Link
    penalty: float
    """scikit-learn's C of logistic regression, or its alpha of ridge."""

    def decision(self, x: Blocks) -> NDArray[np.float64]:
        """Log-odds (N, C), or the target in its own unit: the base and all contributions."""
        total: NDArray[np.float64] = self.base(x) + self.contributions(x).sum(axis=2)
        return total

    def predict(self, x: Blocks) -> NDArray[np.float32]:
        """Probabilities (N, C), or the target (N, 1)."""
        return answers(self.link, self.decision(x))

    def base(self, x: Blocks) -> NDArray[np.float64]:
        """The decision (N, C) of training's mean, the same in every row."""
        own: NDArray[np.float64] = self.intercept + self.coef.astype(np.float64) @ self.center.astype(np.float64)
        return np.broadcast_to(own, (len(x[0]), len(own)))

    def contributions(self, x: Blocks) -> NDArray[np.float64]:
        """What each of the K blocks adds to the base, (N, C, K): weights times the columns' distance from their mean.

        Summed in float64, so that an image has the same answer alone and among others, but for the last bits of
        float64.
        """
        found = np.empty((len(x[0]), len(self.coef), len(x)))
        for k, (block, columns) in enumerate(self._parts(x)):
            weights, center = self.coef[:, columns].T.astype(np.float64), self.center[columns]
            for start in range(0, len(block), BATCH_ROWS):
                rows = slice(start, start + BATCH_ROWS)
                found[rows, :, k] = (block[rows].astype(np.float64) - center) @ weights
        return found

    def _parts(self, x: Blocks) -> Iterator[tuple[NDArray[np.float32], slice]]:
        start = 0
        for block in x:
            yield block, slice(start, start + block.shape[1])
            start += block.shape[1]
