"""k nearest neighbours by cosine similarity: what the geometry of embeddings says when nothing is learned."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

GRID = (100, 50, 20, 10, 5, 3, 1)
"""Neighbours that vote alike; the smoothest first, which wins among equals."""


def joined(blocks: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Blocks (N, D_k), every row divided by its length, side by side.

    The cosine similarity of two joined rows is then the mean of the backbones' own, whatever their scales and widths;
    of plain joined rows it would be that of the backbone with the longest vectors. A row of zeros stays one.
    """
    from sklearn.preprocessing import normalize

    return np.concatenate([normalize(block) for block in blocks], axis=1)


def truth_of(task: str, labels: NDArray[np.integer[Any]], n_classes: int) -> NDArray[np.float32]:
    """Labels as (N, C) of 0 and 1: classes, labels, or one column for the positive class of a binary task."""
    if task == "binary-class":
        return labels.reshape(-1, 1).astype(np.float32)
    return labels.astype(np.float32) if labels.ndim > 1 else np.eye(n_classes, dtype=np.float32)[labels]


def neighbours(train: NDArray[np.float32], rows: NDArray[np.float32], k: int) -> NDArray[np.intp]:
    """(N, k) numbers of the nearest training rows, the nearest first; the first j of them are the j nearest."""
    from sklearn.neighbors import NearestNeighbors

    found: NDArray[np.intp] = (
        NearestNeighbors(n_neighbors=k, metric="cosine", algorithm="brute")
        .fit(train)
        .kneighbors(rows, return_distance=False)
    )
    return found


def shares(truth: NDArray[np.float32], near: NDArray[np.intp]) -> NDArray[np.float32]:
    """Probabilities (N, C): the share of a row's (N, k) neighbours that are of each class of the (M, C) truth."""
    total = np.zeros((len(near), truth.shape[1]), np.float32)
    for column in near.T:  # one neighbour at a time: N x k x C numbers would not fit for large test sets
        total += truth[column]
    total /= near.shape[1]
    return total
