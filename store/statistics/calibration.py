"""Calibration: whether probabilities mean what they say."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.store.arrays import BINARY, MULTI_LABEL, Labels, Scores
from fuseboard.store.errors import FuseboardError
from fuseboard.store.statistics import one_vs_rest
from fuseboard.store.statistics.one_vs_rest import Key

BINS = 15
SUM = 1e-3
"""How far a row of class probabilities may be from 1 in all; float16 scores are."""


@dataclass(frozen=True)
class Calibration:
    """Both are lower for better probabilities."""

    ece: float
    """Expected calibration error, 0 to 1."""
    brier: float
    """Brier score, 0 to 1; over several classes 0 to 2."""


def calibrate(task: str, labels: Labels, rows: Mapping[Key, Scores]) -> dict[Key, Calibration]:
    """ECE and Brier score of rows; both exist also where a class has no image.

    ECE is the mean distance of accuracy from confidence over 15 bins of equal width, (k / 15, (k + 1) / 15], weighted
    by images (Guo et al., ICML 2017). Confidence is the probability of the answer given: the highest of the classes,
    or p or 1 - p of a yes-no question, yes being p > 0.5. For several labels it is the mean of each label's own.

    The Brier score is the mean of (p - y)^2 of a yes-no question, over images and labels; over several classes the mean
    over images of the sum of (p_c - y_c)^2, as Brier (1950) had it. `sklearn.metrics.brier_score_loss` says the same.

    Args:
        task: one of MedMNIST's task names.
        labels: (N,) class numbers, or (N, L) of 0 and 1.
        rows: row -> (N, C) probabilities.

    Raises:
        FuseboardError: as `one_vs_rest.check`, or scores that are no probabilities.
    """
    one_vs_rest.check(task, labels, rows)
    found = {}
    for name, scores in rows.items():
        _probabilities(name, task, scores)
        columns, truth = one_vs_rest.columns(task, scores), one_vs_rest.truth(task, labels, scores.shape[1])
        distance = (columns - truth) ** 2
        if task in (BINARY, MULTI_LABEL):
            confidence, correct = np.where(columns > 0.5, columns, 1 - columns), (columns > 0.5) == truth
            brier = float(distance.mean())
        else:
            confidence, correct = columns.max(axis=1)[:, None], (columns.argmax(axis=1) == labels)[:, None]
            brier = float(distance.sum(axis=1).mean())
        errors = [_error(confidence[:, c], correct[:, c]) for c in range(correct.shape[1])]
        found[name] = Calibration(float(np.mean(errors)), brier)
    return found


def _error(confidence: NDArray[np.float64], correct: NDArray[np.bool_]) -> float:
    """Returns the ECE of one question."""
    place = np.searchsorted(np.linspace(0, 1, BINS + 1), confidence, "left") - 1
    surplus = np.bincount(place, weights=confidence - correct, minlength=BINS)
    return float(np.abs(surplus).sum() / len(correct))


def _probabilities(name: object, task: str, scores: NDArray[np.floating[Any]]) -> None:
    if scores.min() < 0 or scores.max() > 1:
        raise FuseboardError(f"row {name}: scores from {scores.min()} to {scores.max()} are no probabilities")
    if task != MULTI_LABEL and scores.shape[1] > 1:
        furthest = float(np.abs(scores.sum(axis=1, dtype=np.float64) - 1).max())
        if furthest > SUM:
            raise FuseboardError(f"row {name}: probabilities of an image add up to 1 only within {furthest:.3g}")
