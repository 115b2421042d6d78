"""Ridge regression on one-hot targets: a linear classifier in closed form, of which any number of subsets is cheap.

Columns are standardised, and the intercept is free: the weights are those of scikit-learn's StandardScaler and Ridge on
the joined blocks. The penalty is the one with the smallest squared error of leave-one-out (Allen, Technometrics 16,
1974), whose residual is (y - f) / (1 - h) with the leverage h of a row. Where embeddings have more columns than there
are rows, neither the mean leverage of generalised cross-validation nor a small validation split finds it. The same
left-out decisions are turned into probabilities, so validation is seen by nobody before it judges.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from fuseboard.harness.classifiers import classifier, fusion
from fuseboard.harness.classifiers.classifier import Blocks, Classifier
from fuseboard.harness.classifiers.gram import Matrix
from fuseboard.harness.classifiers.knn import truth_of
from fuseboard.harness.classifiers.one_thread import ONE_THREAD
from fuseboard.harness.classifiers.platt import Platt
from fuseboard.harness.classifiers.spectrum import Spectrum, spectrum
from fuseboard.harness.classifiers.tasks import link_of
from fuseboard.store.arrays import Labels


class Params(classifier.Params):
    """The penalties that are tried, scikit-learn's alpha: the powers of ten between two."""

    weakest: int = Field(-2, ge=-8, le=12)
    strongest: int = Field(7, ge=-8, le=12)


@dataclass(frozen=True)
class Ridge(Classifier):
    """The linear map with the least squared error and penalty, and what its decisions are as probabilities."""

    Params = Params

    def fit(self, features: Blocks, labels: Labels) -> "Fitted":
        """Decomposes the rows once for all penalties."""
        truth = truth_of(self.task, labels, self.n_classes).astype(np.float64)
        center = truth.mean(axis=0)
        with ONE_THREAD.held():
            found = spectrum(features, truth - center, self.device, self.seed)
            decided, left_out = self._path(found, truth[found.looked_at] - center)
            weights = found.weights(decided)
            platt = Platt.fit(left_out + center, truth[found.looked_at], link_of(self.task))
        means = [each.mean for each in found.standardisers]
        intercept = center - sum(mean @ block for mean, block in zip(means, weights, strict=True))
        return Fitted(weights, intercept, platt, decided)

    def _path(self, found: Spectrum, targets: Matrix) -> tuple[float, Matrix]:
        """Returns the penalty, the strongest among equals, and the left-out decisions (R, C) under it."""
        best, least = None, np.inf
        for power in range(self.params["strongest"], self.params["weakest"] - 1, -1):
            left_out = found.left_out(10.0**power, targets)
            error = float(np.square(left_out - targets).mean())
            if best is None or error < least:
                best, least = (10.0**power, left_out), error
        assert best is not None
        return best


@dataclass(frozen=True)
class Fitted:
    """Weights (D_k, C) of each block's raw columns, the intercept (C,), Platt's scaling, and the penalty taken."""

    weights: Sequence[Matrix]
    intercept: NDArray[np.float64]
    platt: Platt
    alpha: float

    def decision(self, features: Blocks) -> Matrix:
        """The regression itself (N, C): close to 1 for the true class, and to 0 for others."""
        total: Any = self.intercept
        for block, weights in zip(features, self.weights, strict=True):
            starts = range(0, len(block), fusion.BATCH_ROWS)
            rows = (block[start : start + fusion.BATCH_ROWS].astype(np.float64) for start in starts)
            total = total + np.concatenate([part @ weights for part in rows])
        return np.asarray(total)

    def predict(self, features: Blocks) -> NDArray[np.float32]:
        """Predicts probabilities (N, C); a binary task has one column, that of the positive class."""
        with ONE_THREAD.held():
            return self.platt.apply(self.decision(features))
