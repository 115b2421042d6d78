"""Nearest neighbours in a sample: whether what lies close together also has the same label."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.submissions.shards.sample import Matrix
from fuseboard.store.arrays import Labels

LAGS = (-3, -2, -1, 1, 2, 3)

Ids = NDArray[np.int64]


@dataclass(frozen=True)
class LabelledSample:
    """A sample of a split with the labels of the whole split, so that rows can be tried against later labels."""

    ids: Ids
    matrix: Matrix
    labels: Labels
    """(N,) or (N, L)."""


def inside(one: LabelledSample) -> dict[int, float]:
    """Lag -> share of images whose nearest other image of the sample has their label, `lag` rows further on in both."""
    return dict(_by_lag(one, one.ids[_nearest(one.matrix, None)]))


def between(train: LabelledSample, test: LabelledSample) -> float:
    """Share of test images whose nearest training image has their label."""
    near = train.ids[_nearest(test.matrix, train.matrix)]
    return float(_same(test.labels[test.ids], train.labels[near]).mean())


def _by_lag(one: LabelledSample, near: Ids) -> list[tuple[int, float]]:
    found = []
    for lag in (0, *LAGS):
        own, other = one.ids + lag, near + lag
        there = (np.minimum(own, other) >= 0) & (np.maximum(own, other) < len(one.labels))
        found.append((lag, float(_same(one.labels[own[there]], one.labels[other[there]]).mean())))
    return found


def _same(one: Labels, other: Labels) -> NDArray[np.bool_]:
    equal: NDArray[np.bool_] = (one == other).reshape(len(one), -1).all(axis=1)
    return equal


def _nearest(rows: Matrix, among: Matrix | None) -> NDArray[np.intp]:
    """(n,) number of the nearest row by cosine: of `among`, else of the other `rows`."""
    own = _unit(rows)
    close = own @ (own if among is None else _unit(among)).T
    if among is None:
        np.fill_diagonal(close, -np.inf)
    found: NDArray[np.intp] = close.argmax(axis=1)
    return found


def _unit(rows: Matrix) -> Matrix:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Matrix = (rows / np.where(lengths > 0, lengths, 1)).astype(np.float32, copy=False)
    return unit
