"""Metrics are computed anew by other means than the harness: the check of a number must not repeat its mistakes."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fuseboard.store.arrays import BINARY, Labels, Scores, is_multi_label


def rank_auc(positive: NDArray[np.bool_], scores: Scores) -> float | None:
    """Compute AUC as the Mann-Whitney statistic: how often a positive outscores a negative, ties counted half.

    None when one of the two classes is absent, because then there is no pair to compare.
    """
    n_positive, n_negative = int(positive.sum()), int((~positive).sum())
    if n_positive == 0 or n_negative == 0:
        return None
    ranks = pl.Series(scores).rank(method="average").to_numpy()
    return float((ranks[positive].sum() - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative))


def auc(task: str, labels: Labels, scores: Scores) -> float | None:
    """Compute AUC by the definition of the task: unweighted mean over labels, or over classes one against the rest.

    Args:
        task: as the manifest says it.
        labels: (N,), or (N, L) for multi-label.
        scores: (N, C) probabilities; binary ones may have only the positive class's column.
    """
    if is_multi_label(task):
        parts = [rank_auc(labels[:, i] == 1, scores[:, i]) for i in range(labels.shape[1])]
    elif task == BINARY:
        parts = [rank_auc(labels == 1, scores[:, -1])]
    else:
        parts = [rank_auc(labels == i, scores[:, i]) for i in range(scores.shape[1])]
    known = [part for part in parts if part is not None]
    return float(np.mean(known)) if len(known) == len(parts) else None


def accuracy(task: str, labels: Labels, scores: Scores) -> float:
    """Compute ACC by the definition of the task, with the same arguments as `auc`.

    Arg max; for binary a threshold of 0.5, for multi-label too, and then the mean over labels.
    """
    if is_multi_label(task):
        return float(np.mean([np.mean((scores[:, i] > 0.5) == labels[:, i]) for i in range(labels.shape[1])]))
    if task == BINARY:
        return float(np.mean((scores[:, -1] > 0.5) == labels))
    return float(np.mean(scores.argmax(axis=1) == labels))
