"""The official metrics of MedMNIST: AUC and ACC as `medmnist.Evaluator` computes them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.store.arrays import BINARY, is_multi_label
from fuseboard.store.results.metrics import Metrics
from fuseboard.store.statistics.weighted_metrics import n_correct

SMALLEST = 1e-7
"""The least probability that a logarithm is taken of."""


class Measured(Metrics):
    """The metrics of one set of predictions; one that does not exist is None, and `reason` says why."""

    reason: str | None = None


def measure(task: str, labels: NDArray[np.integer[Any]], scores: NDArray[np.floating[Any]]) -> Measured:
    """Scores predictions (Yang et al., Sci Data 2023, and the package's own evaluator).

    AUC is the unweighted mean of one-vs-rest AUCs over classes, or over labels when there are several; ACC is the share
    of rows whose arg max is right, or, for binary and multi-label tasks, the share of scores on the right side of 0.5.
    `ordinal-regression` is scored like `multi-class`.

    Args:
        task: one of MedMNIST's task names.
        labels: (N,) class numbers, or (N, L) of 0 and 1.
        scores: (N, C) probabilities; for binary tasks (N, 1) or (N, 2), of which the last column counts.
    """
    if not np.isfinite(scores).all():
        return Measured(auc=None, acc=None, reason=f"{int((~np.isfinite(scores)).sum())} scores are NaN or infinite")
    truth, columns = _questions(task, labels, scores)
    one_sided = [c for c in range(truth.shape[1]) if truth[:, c].min() == truth[:, c].max()]
    return Measured(
        auc=None if one_sided else _auc(truth, columns),
        acc=accuracy(task, labels, scores),
        reason=f"AUC does not exist: all or none of the rows are of class {one_sided[0]}" if one_sided else None,
        log_loss=log_loss(task, labels, scores),
    )


def accuracy(task: str, labels: NDArray[np.integer[Any]], scores: NDArray[np.floating[Any]]) -> float:
    """The ACC of `measure` alone, with the same arguments: the share of right answers, over all labels."""
    return float(n_correct(task, labels, scores).sum(dtype=np.float64) / labels.size)


def log_loss(task: str, labels: NDArray[np.integer[Any]], scores: NDArray[np.floating[Any]]) -> float:
    """The log-loss of `measure` alone, with the same arguments: the mean of -log of the true class's probability.

    Several labels count as that many yes-no questions, and so does a binary task as one.
    """
    truth, columns = _questions(task, labels, scores)
    shares = np.clip(columns.astype(np.float64), SMALLEST, 1 - SMALLEST)
    if truth.shape[1] > 1 and not is_multi_label(task):
        return float(-np.log(shares[truth.astype(bool)]).mean())
    return float(-np.where(truth, np.log(shares), np.log1p(-shares)).mean())


def _questions(
    task: str, labels: NDArray[np.integer[Any]], scores: NDArray[np.floating[Any]]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Returns (N, K) answers of 0 and 1 and (N, K) scores: a question per class or label, one of a binary task."""
    if task == BINARY:
        return labels.reshape(-1, 1), scores[:, -1:]
    if is_multi_label(task):
        return labels, scores
    return labels[:, None] == np.arange(scores.shape[1]), scores


def _auc(truth: NDArray[Any], scores: NDArray[np.floating[Any]]) -> float:
    """Mean over columns of one-vs-rest AUCs."""
    return float(np.mean([_area(*each) for each in zip(truth.T, scores.T, strict=True)]))


def _area(truth: NDArray[Any], scores: NDArray[np.floating[Any]]) -> float:
    """The area under the ROC curve of (N,) answers and scores: scikit-learn's `roc_auc_score` to the last bit.

    Of a hundred images scikit-learn takes forty times as long, for checks of the arguments; of a search that is closed
    in form that was a third. Rows are told apart by their metrics, so that rounding is the same as ever.
    """
    order = np.argsort(scores)[::-1]
    run_ends = np.flatnonzero(np.diff(scores[order], append=-np.inf))
    right = np.cumsum(truth[order], dtype=np.float64)[run_ends]
    wrong = 1 + run_ends - right
    if len(run_ends) > 2:  # of points on a straight line there the ends alone count
        bends = (np.diff(right, 2) != 0) | (np.diff(wrong, 2) != 0)
        right, wrong = (each[np.concatenate([[True], bends, [True]])] for each in (right, wrong))
    across, up = (np.concatenate([[0.0], each]) / each[-1] for each in (wrong, right))
    return float((np.diff(across) * (up[1:] + up[:-1]) / 2).sum())
