"""Tiers group rows of a ranking that are statistically indistinguishable."""

from collections.abc import Sequence
from math import erfc, sqrt

import numpy as np
from numpy.typing import NDArray

from fuseboard.store.statistics.ties import TOLERANCE

LEVEL = 0.05
"""This is the level of all comparisons of one leader together."""


def tiers(means: Sequence[float], resampled: NDArray[np.float64]) -> list[int]:
    """Return the tier of each row, 1 for the best.

    The best row that has no tier yet leads one. Each row below it is held against the leader by a two-sided z-test,
    z = (leader - row) / s, where s is the standard deviation of that difference over the resamples: both rows meet the
    same draws, so what they share cancels out (Efron & Tibshirani, An Introduction to the Bootstrap, 1993, chapter 6).
    The leader's comparisons are corrected together (Holm, Scand. J. Stat. 6, 1979). The rows down to the first that is
    worse at 5 % belong to the leader's tier, so that tiers never interleave; within one the leader may still be
    better than a row by chance alone, and rows next to each other in two tiers need not differ.

    The share of resamples on either side of 0 is not used for p: with 1,000 of them it cannot fall below 0.002, which
    the correction for more than 25 rows turns into no finding at all.

    Args:
        means: of the rows, best first.
        resampled: (rows, B) the same on each resample.
    """
    found: list[int] = []
    tier = 0
    while (start := len(found)) < len(means):
        tier += 1
        worse = told_from(means, resampled, start)
        end = next((start + 1 + i for i, is_worse in enumerate(worse) if is_worse), len(means))
        found += [tier] * (end - start)
    return found


def told_from(means: Sequence[float], resampled: NDArray[np.float64], leader: int = 0) -> list[bool]:
    """Return of each row below the leader whether it is worse at 5 %, all comparisons with the leader together.

    A row further down whose resamples spread more may be no finding where one above it is.

    Args:
        means: of the rows, best first.
        resampled: (rows, B) the same on each resample.
        leader: place of the row that the others are held against.
    """
    return holm(_p(means, resampled, leader))


def holm(p: Sequence[float], level: float = LEVEL) -> list[bool]:
    """Return which of the hypotheses are rejected when all together may err with a probability of `level`."""
    rejected = [False] * len(p)
    for step, i in enumerate(sorted(range(len(p)), key=p.__getitem__)):
        if p[i] > level / (len(p) - step):
            break
        rejected[i] = True
    return rejected


def _p(means: Sequence[float], resampled: NDArray[np.float64], leader: int) -> list[float]:
    """Return the p of every row below the leader, that it is its equal."""
    spread = (resampled[leader] - resampled[leader + 1 :]).std(axis=1, ddof=1)
    gaps = [means[leader] - mean for mean in means[leader + 1 :]]
    return [_two_sided(gap, float(s)) for gap, s in zip(gaps, spread, strict=True)]


def _two_sided(gap: float, spread: float) -> float:
    if gap < TOLERANCE:
        return 1.0
    return erfc(gap / spread / sqrt(2)) if spread > TOLERANCE else 0.0
