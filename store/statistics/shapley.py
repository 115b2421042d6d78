"""Shapley: what each backbone, and each pair, brings to a table of subsets.

The value v(S) of a subset S of K backbones is its metric, and v of no backbone is what guessing scores. A backbone's
Shapley value is its marginal gain v(S + i) - v(S), averaged over all orders in which the K could have joined (Shapley
1953): the sum over S without i of |S|! (K - |S| - 1)! / K! (v(S + i) - v(S)). The values add up to v(all) - v(none), so
what fusion gains over guessing is shared out with nothing left. A pair's interaction index (Grabisch & Roubens 1999) is
the sum over S without both of |S|! (K - |S| - 2)! / (K - 1)! (v(S + i + j) - v(S + i) - v(S + j) + v(S)): below 0 the
two know the same, above 0 each makes the other worth more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from math import comb, isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.store.arrays import Labels
from fuseboard.store.errors import FuseboardError

MOST = 16
"""Backbones; 65,536 values and 120 pairs, which is a fraction of a second."""


@dataclass(frozen=True)
class Shares:
    """Each backbone's Shapley value, in the unit of the metric."""

    values: dict[str, float]
    """Backbone, alphabetical -> Shapley value; they add up to `all_backbones - empty`."""
    interactions: dict[tuple[str, str], float]
    """Pair, alphabetical -> Shapley interaction index."""
    empty: float
    all_backbones: float
    """v of no backbone, and of all."""


def shapley(table: Mapping[tuple[str, ...], float | None], empty: float) -> Shares:
    """Exact Shapley values and pair interactions of the backbones that a table names.

    Args:
        table: subset in alphabetical order -> metric, all 2^K - 1 of them: an exhaustive search, or a soft vote.
        empty: the metric of knowing nothing, 0.5 for an AUC and `majority_acc` for an accuracy. A K-th of it comes off
            every value, and a (K - 1)-th onto every pair, so that it moves signs and never ranks.

    Raises:
        FuseboardError: subsets are missing or have no finite value; no backbone, or more than 16.
    """
    backbones = sorted({name for subset in table for name in subset})
    k = len(backbones)
    if not 1 <= k <= MOST:
        raise FuseboardError(f"Shapley values of {k} backbones cannot be computed; give a table of 1 to {MOST}")
    v = _by_mask(table, backbones, empty)
    size = np.bitwise_count(np.arange(2**k))
    values = {}
    for i, name in enumerate(backbones):
        gain, joined = (x.reshape(-1, 2, 2**i) for x in (v, size))
        values[name] = _average(gain[:, 1] - gain[:, 0], joined[:, 0], k)
    interactions = {}
    for i, j in combinations(range(k), 2):
        pair, joined_by = (x.reshape(-1, 2, 2 ** (j - i - 1), 2, 2**i) for x in (v, size))
        second = pair[:, 1, :, 1] - pair[:, 1, :, 0] - pair[:, 0, :, 1] + pair[:, 0, :, 0]
        interactions[backbones[i], backbones[j]] = _average(second, joined_by[:, 0, :, 0], k - 1)
    return Shares(values, interactions, empty, float(v[-1]))


def majority_acc(train: Labels, labels: Labels) -> float:
    """The accuracy of always giving the answer that was most frequent in training.

    Args:
        train: (N,) class numbers, or (N, L) of 0 and 1, of which every column has an answer of its own.
        labels: (M,) or (M, L) of the split on which the table's accuracies were measured.
    """
    if train.ndim == 1:
        return float((labels == np.bincount(train).argmax()).mean())
    return float((labels == (train.mean(axis=0) > 0.5)).mean())


def _by_mask(table: Mapping[tuple[str, ...], float | None], backbones: list[str], empty: float) -> NDArray[np.float64]:
    """Returns (2^K,) values; bit i of a position says whether backbone i is in."""
    k, bits = len(backbones), {name: 1 << i for i, name in enumerate(backbones)}
    v = np.full(2**k, np.nan)
    for subset, value in table.items():
        v[sum(bits[name] for name in subset)] = np.nan if value is None else value
    v[0] = empty
    missing = np.flatnonzero(~np.isfinite(v))
    if not isfinite(empty):
        raise FuseboardError(f"the value of no backbone is {empty}; give what guessing scores, such as 0.5 for an AUC")
    if len(missing):
        first = "+".join(name for name in backbones if missing[0] & bits[name])
        raise FuseboardError(
            f"Shapley values need all {len(v) - 1} subsets of {k} backbones: {len(missing)} have no value, the first "
            f"is {first}; run `fuseboard search` with `--strategy exhaustive`, or `fuseboard evaluate soft-vote`"
        )
    return v


def _average(gains: NDArray[np.float64], sizes: NDArray[Any], orders: int) -> float:
    """Gains weighted so that every size of S counts alike, as it does over all orders of joining."""
    weights = np.array([1 / (orders * comb(orders - 1, size)) for size in range(orders)])
    return float((weights[sizes] * gains).sum())
