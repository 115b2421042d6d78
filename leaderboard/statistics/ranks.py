"""Ranks are computed over several datasets: on each, and on every resample."""

import numpy as np
from numpy.typing import NDArray

from fuseboard.store.statistics.ties import descending, level_matrix

Matrix = NDArray[np.float64]


def average_ranks(scores: Matrix) -> Matrix:
    """Return the (rows, datasets) ranks of scores of that shape, highest first, equals with the mean of theirs (Demšar
    2006)."""
    scores = level_matrix(scores)
    better = (scores[None] > scores[:, None]).sum(axis=1)
    equal = (scores[None] == scores[:, None]).sum(axis=1)
    ranks: Matrix = better + (equal + 1) / 2
    return ranks


def borda(ranks: Matrix) -> Matrix:
    """Return the (rows,) Borda counts of average ranks: rows beaten, summed over datasets, a tie for half a row.

    Each dataset is a voter who gives n - 1 points to its best of n rows and none to its last (Borda 1784; for
    benchmarks Colombo et al., What are the best systems?, NeurIPS 2022).
    """
    counts: Matrix = (len(ranks) - ranks).sum(axis=1)
    return counts


def resampled_ranks(means: Matrix) -> NDArray[np.intp]:
    """Return the (rows, B) ranks of the rows on each of B resamples, highest first; equals share one and the next is
    skipped.

    Args:
        means: (rows, B) of one value per row and resample.
    """
    order, first = descending(means)
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, first + 1, axis=0)
    return ranks


def rank_intervals(ranks: NDArray[np.intp]) -> list[tuple[int, int]]:
    """Return per row the ranks between which 95 % of its resamples lie, rounded outwards to ranks that occur.

    The percentile interval of a rank (Hall & Miller, Using the bootstrap to quantify the authority of an empirical
    ranking, Ann. Stat. 37, 2009). Rows that score nearly alike have wide ones.
    """
    low = np.quantile(ranks, 0.025, axis=1, method="lower")
    high = np.quantile(ranks, 0.975, axis=1, method="higher")
    return list(zip(low.astype(int).tolist(), high.astype(int).tolist(), strict=True))
