"""The numbers of a report: curves, bins, counts and mistakes, all computed from the predictions that a bundle keeps."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.classifiers.tasks import REGRESSION
from fuseboard.harness.fusion.predictions import Predictions
from fuseboard.store.arrays import BINARY, MULTI_LABEL

BINS = 10
"""Of the reliability plot, of equal width."""
POINTS = 200
"""Of a curve, at most."""


@dataclass(frozen=True)
class Curve:
    """The ROC curve of a class against all others, or of a label."""

    name: str
    images: int
    """That have it."""
    false: NDArray[np.float64]
    """False positive rates, ascending."""
    true: NDArray[np.float64]
    auc: float
    sensitivity: float
    """Share of those that have it to which it is given."""
    precision: float | None
    """Share of those to which it is given that have it; None where it is given to none."""


@dataclass(frozen=True)
class Bin:
    """Answers that are given with nearly the same probability."""

    answers: int
    confidence: float
    """Mean probability of the answers given."""
    right: float
    low: float
    high: float
    """Wilson's 95 % interval of the share that is right."""


@dataclass(frozen=True)
class Group:
    """One group, such as a site or a patient."""

    name: str
    images: int
    value: float
    """Share of right answers; of a regression the root mean squared error."""
    answers: int | None = None
    """Of its images; None of a regression."""

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's 95 % interval of the share."""
        return None if self.answers is None else wilson(round(self.value * self.answers), self.answers)


@dataclass(frozen=True)
class Mistake:
    """An answer that is wrong, and how sure of it the model was."""

    row: int
    name: str
    truth: str
    said: str
    probability: float | None
    """Of the answer; None of a regression."""
    group: str | None


def right(task: str, predictions: Predictions) -> NDArray[np.bool_]:
    """Returns (N,) which answers are right; of several labels (N, L)."""
    if task == MULTI_LABEL:
        return np.asarray((predictions.scores > 0.5) == (predictions.labels > 0))
    return np.asarray(predictions.scores.argmax(axis=1) == predictions.labels)


def curves(task: str, classes: Sequence[str], predictions: Predictions) -> list[Curve]:
    """Returns a curve for every class or label that some images have and some have not; a binary task has one."""
    from sklearn.metrics import roc_auc_score, roc_curve

    found = []
    for place, name in enumerate(classes):
        several = task == MULTI_LABEL
        has = predictions.labels[:, place] > 0 if several else predictions.labels == place
        if has.all() or not has.any() or (task == BINARY and place == 0):
            continue
        scores = predictions.scores[:, place].astype(np.float64)
        given = scores > 0.5 if several else predictions.scores.argmax(axis=1) == place
        false, true, _ = roc_curve(has, scores)
        kept = np.unique(np.linspace(0, len(false) - 1, POINTS).astype(int))
        found.append(
            Curve(
                name=name,
                images=int(has.sum()),
                false=false[kept],
                true=true[kept],
                auc=float(roc_auc_score(has, scores)),
                sensitivity=float(given[has].mean()),
                precision=float(has[given].mean()) if given.any() else None,
            )
        )
    return found


def bins(task: str, predictions: Predictions) -> list[Bin]:
    """Returns the answers by their probability; of several labels every yes and no is an answer."""
    scores = predictions.scores.astype(np.float64)
    confidence = np.maximum(scores, 1 - scores).ravel() if task == MULTI_LABEL else scores.max(axis=1)
    correct = right(task, predictions).ravel()
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    found = []
    for each in np.unique(place):
        own = place == each
        low, high = wilson(int(correct[own].sum()), int(own.sum()))
        found.append(Bin(int(own.sum()), float(confidence[own].mean()), float(correct[own].mean()), low, high))
    return found


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Returns Wilson's 95 % interval of a share."""
    from scipy.stats import binomtest

    interval = binomtest(successes, trials).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)


def confusion(classes: Sequence[str], predictions: Predictions) -> NDArray[np.int64]:
    """Returns counts (C, C): rows are true classes, columns answers."""
    counts = np.zeros((len(classes), len(classes)), np.int64)
    np.add.at(counts, (predictions.labels, predictions.scores.argmax(axis=1)), 1)
    return counts


def groups(task: str, predictions: Predictions) -> list[Group]:
    """Returns every group, the worst first; none where nobody said which group an image is of."""
    if predictions.groups is None:
        return []
    names, places = np.unique(np.array(predictions.groups), return_inverse=True)
    images = np.bincount(places)
    if task == REGRESSION:
        errors = (predictions.scores[:, 0].astype(np.float64) - predictions.labels) ** 2
        values = np.sqrt(np.bincount(places, errors) / images)
        answers = [None] * len(names)
    else:
        of_image = right(task, predictions).reshape(len(places), -1)
        values = np.bincount(places, of_image.mean(axis=1)) / images
        answers = (images * of_image.shape[1]).tolist()
    facts = zip(names.tolist(), images.tolist(), values.tolist(), answers, strict=True)
    found = [Group(*each) for each in facts]
    worst = -1 if task == REGRESSION else 1
    return sorted(found, key=lambda each: (worst * each.value, -each.images, each.name))


def mistakes(task: str, classes: Sequence[str], predictions: Predictions, most: int) -> list[Mistake]:
    """Returns the wrong answers of which the model was surest, or those of a regression that are furthest off."""
    scores = predictions.scores.astype(np.float64)
    of = predictions.groups
    found = []
    if task == REGRESSION:
        errors = np.abs(scores[:, 0] - predictions.labels)
        for row in np.argsort(-errors, kind="stable")[:most].tolist():
            truth, said = f"{predictions.labels[row]:.4g}", f"{scores[row, 0]:.4g}"
            found.append(Mistake(row, predictions.names[row], truth, said, None, of[row] if of else None))
        return found
    wrong = ~right(task, predictions)
    if task == MULTI_LABEL:
        sure = np.where(wrong, np.maximum(scores, 1 - scores), -1)
        for flat in np.argsort(-sure, axis=None, kind="stable")[: min(most, int(wrong.sum()))].tolist():
            row, place = divmod(flat, len(classes))
            yes = bool(predictions.labels[row, place])
            truth, said = (classes[place] if each else f"not {classes[place]}" for each in (yes, not yes))
            group = of[row] if of else None
            found.append(Mistake(row, predictions.names[row], truth, said, float(sure[row, place]), group))
        return found
    sure = np.where(wrong, scores.max(axis=1), -1)
    for row in np.argsort(-sure, kind="stable")[: min(most, int(wrong.sum()))].tolist():
        truth, said = classes[predictions.labels[row]], classes[int(scores[row].argmax())]
        found.append(Mistake(row, predictions.names[row], truth, said, float(sure[row]), of[row] if of else None))
    return found
