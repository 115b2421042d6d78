"""Gains: the metrics of many subsets at once on resampled images."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.store.arrays import BINARY, Labels
from fuseboard.store.statistics import one_vs_rest
from fuseboard.store.statistics.selection_bias import Counts, Score


def n_correct(task: str, labels: Labels, scores: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Returns (N,) right answers per image, 0 or 1, or up to L for L labels, by the rules of `medmnist.Evaluator`.

    Args:
        task: one of MedMNIST's task names.
        labels: (N,) class numbers, or (N, L) of 0 and 1.
        scores: (N, C) probabilities; for binary tasks the last column counts.
    """
    if task == BINARY:
        answers = (scores[:, -1] > 0.5) == labels
    elif labels.ndim == 2:
        answers = ((scores > 0.5) == labels).sum(axis=1)
    else:
        answers = scores.argmax(axis=1) == labels
    return np.asarray(answers, np.float32)


def mean(gains: NDArray[np.float32], most: int = 1) -> Score:
    """Returns accuracy as one matrix product for all subsets and resamples.

    Sums of whole numbers below 2^24 are exact in float32, so that accuracies which tie do tie.

    Args:
        gains: (S, N) of `right`, or of whatever else is averaged over images.
        most: answers per image, L for L labels.
    """

    def score(counts: Counts) -> NDArray[np.float64]:
        total: NDArray[np.float64] = counts.sum(axis=0, dtype=np.float64) * most
        with np.errstate(invalid="ignore"):  # a resample that holds every image leaves none out: NaN
            found: NDArray[np.float64] = np.asarray(gains @ counts, np.float64) / total
        return found

    return score


def auc(task: str, labels: Labels, scores: Sequence[NDArray[np.floating[Any]]]) -> Score:
    """AUC, the unweighted mean of one-vs-rest AUCs as in `medmnist.Evaluator`; several N log N per subset and class.

    Args:
        task: one of MedMNIST's task names.
        labels: (N,) class numbers, or (N, L) of 0 and 1.
        scores: per subset (N, C) probabilities.
    """
    truth = one_vs_rest.truth(task, labels, scores[0].shape[1])
    columns = (one_vs_rest.columns(task, each) for each in scores)
    ordered = [[_order(column[:, c]) for c in range(truth.shape[1])] for column in columns]

    def score(counts: Counts) -> NDArray[np.float64]:
        weights = counts.astype(np.float64)
        return np.array(
            [
                np.mean(
                    [_auc(weights[order], truth[order, c], starts) for c, (order, starts) in enumerate(one)], axis=0
                )
                for one in ordered
            ]
        )

    return score


def balanced(task: str, labels: Labels, scores: Sequence[NDArray[np.floating[Any]]]) -> Score:
    """Balanced accuracy as in `medmnistc.eval.Evaluator`: the unweighted mean of the classes' shares of right answers.

    For several labels it is the mean over labels of that of each, by which no and yes weigh alike.

    Args:
        task: one of MedMNIST's task names.
        labels: (N,) class numbers, or (N, L) of 0 and 1.
        scores: per subset (N, C) probabilities.
    """
    if task == BINARY or labels.ndim == 2:
        yes = labels.reshape(len(labels), -1) > 0
        positive = [(each[:, -1:] if task == BINARY else each) > 0.5 for each in scores]
        groups, answers = np.hstack([~yes, yes]), [np.hstack([~each, each]) for each in positive]
    else:
        classes = np.arange(scores[0].shape[1])
        groups, answers = labels[:, None] == classes, [each.argmax(axis=1)[:, None] == classes for each in scores]
    drawn = groups.T.astype(np.float32)
    rightly = [(groups & each).T.astype(np.float32) for each in answers]

    def score(counts: Counts) -> NDArray[np.float64]:
        with np.errstate(invalid="ignore"):
            shares = [(right @ counts).astype(np.float64) / (drawn @ counts) for right in rightly]
        return np.stack([share.mean(axis=0) for share in shares])

    return score


def _order(column: NDArray[np.floating[Any]]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows by ascending score, and where each run of equal scores begins."""
    order = np.argsort(column, kind="stable")
    return order, np.flatnonzero(np.diff(column[order], prepend=-np.inf))


def _auc(weights: NDArray[np.float64], truth: NDArray[np.bool_], starts: NDArray[np.intp]) -> NDArray[np.float64]:
    """Returns (B,) AUCs from (N, B) weights in ascending order of the score: the share of pairs in order, ties half."""
    positive = np.add.reduceat(weights * truth[:, None], starts, axis=0)
    negative = np.add.reduceat(weights * ~truth[:, None], starts, axis=0)
    below = np.cumsum(negative, axis=0) - negative / 2
    with np.errstate(invalid="ignore"):
        found: NDArray[np.float64] = (positive * below).sum(axis=0) / (positive.sum(axis=0) * negative.sum(axis=0))
    return found
