"""Calibration: probabilities that mean what they say, by what helps on validation and by nothing where nothing does."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.classifiers.metrics import SMALLEST, log_loss
from fuseboard.harness.classifiers.tasks import REGRESSION, link_of
from fuseboard.store.arrays import BINARY, Labels, Scores
from fuseboard.store.statistics.calibration import calibrate

Method = Literal["none", "temperature", "isotonic"]
Knots = tuple[tuple[NDArray[np.float32], NDArray[np.float32]], ...]
"""Of every column: probabilities, ascending, and what each becomes; those between are interpolated."""

FOLDS = 5
MIN_IMAGES = 30
"""Images below which nothing is fitted."""
MIN_ISOTONIC = 200
"""Images below which isotonic regression is not tried: with fewer than about 200 to 1,000 it loses to a curve with few
parameters, whatever made the probabilities (Niculescu-Mizil and Caruana, ICML 2005, section 5)."""
TEMPERATURES = (0.1, 10.0)
"""Bounds."""
TIE = 1e-6
"""Nats of log-loss that a method must gain over a plainer one."""


@dataclass(frozen=True)
class Quality:
    """Both are lower for better probabilities."""

    log_loss: float
    """Mean, in nats."""
    ece: float
    """Expected calibration error over 15 bins, 0 to 1."""


@dataclass(frozen=True)
class Calibration:
    """What is done to probabilities, and what that was worth on images that it was not fitted on."""

    task: str
    method: Method
    temperature: float | None = None
    """Log-odds are divided by it: above 1 the head was too sure of itself."""
    knots: Knots | None = None
    before: Quality | None = None
    after: Quality | None = None
    """Of validation, each fifth calibrated by the others; None for a regression."""
    images: int = 0
    """Of validation."""

    def apply(self, scores: Scores) -> NDArray[np.float32]:
        """Calibrates probabilities (N, C), rows of which add up to 1, or each label's own; a regression's stay.

        A binary task has one column or two, and two come back.
        """
        columns = _columns(self.task, scores)
        if self.temperature is not None:
            columns = _tempered(self.task, columns, self.temperature)
        if self.knots is not None:
            columns = np.stack([np.interp(p, *curve) for p, curve in zip(columns.T, self.knots, strict=True)], axis=1)
            if link_of(self.task) == "softmax":  # one versus rest, as in Zadrozny and Elkan (KDD 2002)
                columns /= columns.sum(axis=1, keepdims=True)
        if self.task == BINARY:
            columns = np.concatenate([1 - columns, columns], axis=1)
        return columns.astype(np.float32)


def fit(task: str, labels: Labels, scores: Scores) -> Calibration:
    """Takes the method with the lowest log-loss on fifths of validation that it was not fitted on.

    The plainest wins among equals. Temperature scaling has one parameter for all classes (Guo et al., ICML 2017) and
    keeps the order of a row's classes; isotonic regression has a curve for every column and may not. Both are fitted to
    Platt's targets, (n + 1) / (n + 2) rather than 1, so that n images without a mistake make nobody certain.

    Args:
        task: one of MedMNIST's task names, or `regression`.
        labels: (N,) class numbers, or (N, L) of 0 and 1.
        scores: (N, C) probabilities of validation.
    """
    if task == REGRESSION:
        return Calibration(task, "none", images=len(labels))
    plain = Calibration(task, "none", images=len(labels))
    tried: list[tuple[Calibration, Quality]] = [(plain, _quality(task, labels, plain.apply(scores)))]
    for least, make in ((MIN_IMAGES, _temperature), (MIN_ISOTONIC, _isotonic)):
        if len(labels) >= least:
            crossed = np.empty_like(tried[0][0].apply(scores))
            for held in _folds(task, labels):
                crossed[held] = make(task, labels[~held], scores[~held]).apply(scores[held])
            tried.append((make(task, labels, scores), _quality(task, labels, crossed)))
    best, after = tried[0]
    for each, quality in tried[1:]:
        if quality.log_loss < after.log_loss - TIE:
            best, after = each, quality
    return Calibration(task, best.method, best.temperature, best.knots, tried[0][1], after, len(labels))


def _quality(task: str, labels: Labels, scores: NDArray[np.float32]) -> Quality:
    return Quality(log_loss(task, labels, scores), calibrate(task, labels, {"": scores})[""].ece)


def _columns(task: str, scores: Scores) -> NDArray[np.float64]:
    return np.asarray(scores[:, -1:] if task == BINARY else scores, np.float64)


def _tempered(task: str, columns: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    from scipy.special import expit, logit, softmax

    if link_of(task) == "softmax":
        with np.errstate(divide="ignore"):  # what is impossible stays so
            found: NDArray[np.float64] = softmax(np.log(columns) / temperature, axis=1)
    else:
        found = expit(logit(np.clip(columns, SMALLEST, 1 - SMALLEST)) / temperature)
    return found


def _temperature(task: str, labels: Labels, scores: Scores) -> Calibration:
    from scipy.optimize import minimize_scalar

    columns = _columns(task, scores)
    unseen = 1 / (len(labels) + 2)

    def loss(log: float) -> float:
        tempered = _tempered(task, columns, float(np.exp(log)))
        anything = np.clip(tempered, SMALLEST, 1 - SMALLEST)
        both = anything if link_of(task) == "softmax" else np.stack([anything, 1 - anything])
        return (1 - unseen) * log_loss(task, labels, tempered) - unseen * float(np.log(both).mean())

    found = minimize_scalar(loss, bounds=np.log(TEMPERATURES), method="bounded", options={"xatol": 1e-4})
    return Calibration(task, "temperature", temperature=float(np.exp(found.x)))


def _isotonic(task: str, labels: Labels, scores: Scores) -> Calibration:
    from sklearn.isotonic import IsotonicRegression

    columns = _columns(task, scores)
    truth = labels[:, None] == np.arange(columns.shape[1]) if link_of(task) == "softmax" else labels > 0
    knots = []
    for own, yes in zip(columns.T, truth.reshape(len(labels), -1).T, strict=True):
        targets = np.where(yes, (yes.sum() + 1) / (yes.sum() + 2), 1 / ((~yes).sum() + 2))
        curve = IsotonicRegression().fit(own, targets)
        knots.append((curve.X_thresholds_.astype(np.float32), curve.y_thresholds_.astype(np.float32)))
    return Calibration(task, "isotonic", knots=tuple(knots))


def _folds(task: str, labels: Labels) -> Iterator[NDArray[np.bool_]]:
    """Fifths (N,) that hold every class in its share."""
    order = np.argsort(labels, kind="stable") if labels.ndim == 1 else np.arange(len(labels))
    fold = np.empty(len(labels), int)
    fold[order] = np.arange(len(labels)) % FOLDS
    return (fold == each for each in range(FOLDS))
