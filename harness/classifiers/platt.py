"""Platt scaling: decisions of a regression as probabilities, by one slope and an offset per class."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.classifiers.gram import Matrix
from fuseboard.harness.classifiers.tasks import Link, answers, linked

LEAST_SLOPE = 1e-3
"""Per standard deviation of the decisions. Rows are never put into the opposite order: a left-out mean is always lower
for the rows of its own class, and from that a model that knows nothing would learn to turn itself around."""


@dataclass(frozen=True)
class Platt:
    """The softmax over classes, or the sigmoid of each label, of slope times decision and offset.

    Platt (Advances in Large Margin Classifiers, 1999) for two classes; over classes the slope is common to all, as in
    temperature scaling (Guo et al., ICML 2017).
    """

    slope: NDArray[np.float64]
    """(1,) over classes, or (C,)."""
    offset: NDArray[np.float64]
    """(C,)"""
    link: Link

    @classmethod
    def fit(cls, decisions: Matrix, truth: Matrix, link: Link) -> "Platt":
        """Minimises the log-loss of decisions (N, C) that were not fitted to their rows, whose truth is 0 and 1.

        One row more, of no class in particular, makes N rows without a mistake certain of nothing.
        """
        if link == "softmax":
            return cls(*_minimum(decisions, truth, link), link)
        each = [_minimum(decisions[:, [c]], truth[:, [c]], link) for c in range(truth.shape[1])]
        return cls(np.concatenate([slope for slope, _ in each]), np.concatenate([offset for _, offset in each]), link)

    def apply(self, decisions: Matrix) -> NDArray[np.float32]:
        """Turns decisions (N, C) into probabilities (N, C)."""
        return answers(self.link, decisions * self.slope + self.offset)


def _minimum(decisions: Matrix, truth: Matrix, link: Link) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The slope (1,) and the offsets (C,); the loss is convex in them."""
    from scipy.optimize import minimize
    from scipy.special import log_expit, log_softmax

    rows, classes = truth.shape
    smooth = (truth * rows + 1 / max(2, classes)) / (rows + 1)
    scale = float(decisions.std()) or 1.0
    scaled = decisions / scale

    def loss(place: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        scores = place[0] * scaled + place[1:]
        error = linked(link, scores) - smooth
        if link == "softmax":
            value = -(smooth * log_softmax(scores, axis=1)).sum()
        else:
            value = -(smooth * log_expit(scores) + (1 - smooth) * log_expit(-scores)).sum()
        slope = np.concatenate([[(error * scaled).sum()], error.sum(axis=0)])
        return float(value) / rows, slope / rows

    start, bounds = np.array([1.0, *[0.0] * classes]), [(LEAST_SLOPE, None), *[(None, None)] * classes]
    exact = {"ftol": 1e-14, "gtol": 1e-8}
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=exact).x
    return found[:1] / scale, found[1:]
