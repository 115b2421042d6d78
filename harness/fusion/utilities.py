"""Utilities: what each held-out image says of a prediction, so that candidates can be compared image by image."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.classifiers.metrics import SMALLEST
from fuseboard.harness.classifiers.tasks import REGRESSION
from fuseboard.store.arrays import BINARY, is_multi_label
from fuseboard.store.statistics.weighted_metrics import n_correct

Metric = Literal["log-loss", "acc", "squared-error"]


def utilities(
    task: str, metric: Metric, labels: NDArray[Any], scores: NDArray[np.floating[Any]]
) -> NDArray[np.float64]:
    """Returns (N,) numbers, higher is better, whose mean is the metric, negative where that is a loss.

    Args:
        task: one of MedMNIST's task names, or `regression`.
        metric: what is averaged.
        labels: (N,) class numbers, (N, L) of 0 and 1, or (N,) numbers.
        scores: (N, C) probabilities, both columns of a binary task; or (N, 1) numbers.
    """
    if task == REGRESSION:
        return -((np.asarray(labels, np.float64) - scores[:, 0].astype(np.float64)) ** 2)
    if metric == "acc":
        right = n_correct(task, labels, scores).astype(np.float64)
        return right / labels.shape[1] if labels.ndim == 2 else right
    shares = np.clip(scores.astype(np.float64), SMALLEST, 1 - SMALLEST)
    if is_multi_label(task):
        found: NDArray[np.float64] = np.where(labels > 0, np.log(shares), np.log1p(-shares)).mean(axis=1)
        return found
    column = shares[:, -1] if task == BINARY else None
    if column is not None:
        return np.where(labels > 0, np.log(column), np.log1p(-column))
    return np.asarray(np.log(shares[np.arange(len(labels)), labels]))
