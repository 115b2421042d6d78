"""DeLong: whether two rows' AUCs on the same images differ by more than chance.

For a yes-no question with m images of yes and n of no, let w_i be the number of images of the other answer that image i
is ranked rightly against, ties half. AUC = sum of w_i over yes / (m n), and its variance is (DeLong, DeLong &
Clarke-Pearson, Biometrics 44, 1988)

    S10 / m + S01 / n,    S10 the variance of w_i / n over yes, S01 that of w_i / m over no

which is the sum over all images of h_i^2, h_i = (w_i - mean of its group) sqrt(g / (g - 1)) / (m n), g being the size
of the group. All w_i come from sorted scores in N log N, as with the midranks of Sun & Xu (IEEE Signal Process. Lett.
21, 2014). Two rows' difference has the variance sum (h_i - h'_i)^2, because both rows see the same images.

AUC over K classes or labels is the mean of K such AUCs, which share images; h_i is then the mean of the image's K
values, and the same sum has their covariances in it. With class numbers a group is a class in every question: classes
are independent samples, as in `store.resamples`; for two of them this is DeLong's own formula. With several labels per
image a group is an answer to one label.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import erfc, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from fuseboard.store.arrays import Labels, Scores
from fuseboard.store.errors import FuseboardError
from fuseboard.store.statistics import one_vs_rest
from fuseboard.store.statistics.estimates import Interval
from fuseboard.store.statistics.one_vs_rest import Key
from fuseboard.store.statistics.ties import TOLERANCE

Z_95 = NormalDist().inv_cdf(0.975)
NOTHING = 1e-20
"""Variances below this are rounding: no standard deviation of an AUC is 1e-10."""
STILL = "no image moves it, so DeLong's variance is 0 and says nothing about chance"


@dataclass(frozen=True)
class Comparison:
    """AUC of one row less that of another, with DeLong's test; what does not exist is None, and `reason` says why."""

    value: float | None
    low: float | None
    high: float | None
    variance: float | None
    z: float | None
    p: float | None
    """Two-sided, from the standard normal distribution."""
    reason: str | None = None


@dataclass(frozen=True)
class Auc:
    """A row's AUC and what each image does to it."""

    value: float | None
    influence: NDArray[np.float64]
    """(N,) h_i, whose squares add up to the variance; empty where there is no variance."""
    digest: str
    """Digest of the labels: only AUCs on the same images may be compared."""
    reason: str | None = None
    """Why there is no value, or no variance."""

    def interval(self) -> Interval:
        """Returns the normal 95 % interval, cut at 0 and 1."""
        variance = float(self.influence @ self.influence)
        if self.value is None or self.reason or variance < NOTHING:
            return Interval(self.value, None, None, self.reason or STILL)
        half = Z_95 * sqrt(variance)
        return Interval(self.value, max(0.0, self.value - half), min(1.0, self.value + half))

    def minus(self, other: "Auc") -> Comparison:
        """This row less another. Rows that no image tells apart have p = 1 if they are equal, and else none.

        Raises:
            FuseboardError: the two were measured on other labels.
        """
        if self.digest != other.digest:
            raise FuseboardError("these AUCs were measured on different labels; compare rows of one test set")
        reason = self.reason or other.reason
        if self.value is None or other.value is None:
            return Comparison(None, None, None, None, None, None, reason)
        value = self.value - other.value
        if reason:
            return Comparison(value, None, None, None, None, None, reason)
        moved = self.influence - other.influence
        variance = float(moved @ moved)
        if variance < NOTHING:
            p = 1.0 if abs(value) < TOLERANCE else None
            return Comparison(value, None, None, 0.0, None, p, STILL)
        sd = sqrt(variance)
        z = value / sd
        return Comparison(value, value - Z_95 * sd, value + Z_95 * sd, variance, z, erfc(abs(z) / sqrt(2)))


def delong(task: str, labels: Labels, rows: Mapping[Key, Scores]) -> dict[Key, Auc]:
    """Returns the AUCs of rows on the same images, ready for comparison in pairs.

    Args:
        task: one of MedMNIST's task names.
        labels: (N,) class numbers, or (N, L) of 0 and 1, by ascending id.
        rows: row -> (N, C) scores, of which only the order within a column counts.

    Raises:
        FuseboardError: as `one_vs_rest.check`.
    """
    one_vs_rest.check(task, labels, rows)
    same, nothing = one_vs_rest.digest(labels), np.empty(0)
    found = {}
    for name, scores in rows.items():
        if absent := one_vs_rest.seen(task, labels, scores.shape[1], times=0):
            found[name] = Auc(None, nothing, same, f"AUC does not exist: no image {absent}")
            continue
        value, influence = _influence(task, labels, scores)
        if alone := one_vs_rest.seen(task, labels, scores.shape[1], times=1):
            found[name] = Auc(value, nothing, same, f"no variance: only one image {alone}")
        else:
            found[name] = Auc(value, influence, same)
    return found


def _influence(task: str, labels: Labels, scores: Scores) -> tuple[float, NDArray[np.float64]]:
    """Returns AUC and (N,) h_i, means over the questions."""
    columns, truth = one_vs_rest.columns(task, scores), one_vs_rest.truth(task, labels, scores.shape[1])
    aucs, total = [], np.zeros(len(labels))
    for c, yes in enumerate(truth.T):
        wins, pairs = _wins(columns[:, c], yes), int(yes.sum()) * int((~yes).sum())
        group = labels[:, c] if labels.ndim == 2 else labels
        sizes = np.bincount(group)
        # Centred before it is divided: these are halves of whole numbers, so what is constant comes out as exactly 0.
        centred = wins - (np.bincount(group, weights=wins) / sizes)[group]
        total += centred * np.sqrt(sizes / np.maximum(sizes - 1, 1))[group] / pairs
        aucs.append(wins[yes].sum() / pairs)
    return float(np.mean(aucs)), total / len(aucs)


def _wins(column: NDArray[np.float64], yes: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Returns (N,) images of the other answer that each is ranked rightly against, ties half."""
    wins = np.empty(len(column))
    for own, sign in ((yes, 1), (~yes, -1)):
        others, mine = np.sort(sign * column[~own]), sign * column[own]
        wins[own] = (np.searchsorted(others, mine, "left") + np.searchsorted(others, mine, "right")) / 2
    return wins
