"""What a row scores on the test images, how far ahead of another it is, and which rank it has: all with intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fuseboard.store.arrays import Labels
from fuseboard.store.statistics.estimates import Difference, Replicates
from fuseboard.store.statistics.test_metrics import measure
from fuseboard.store.statistics.ties import TOLERANCE

NOT_KEPT = "its predictions were not kept"
NO_OTHERS = "no other backbone has this dataset"


@dataclass(frozen=True)
class Scored:
    """One subset on the test images."""

    subset: tuple[str, ...]
    auc: Replicates
    acc: Replicates


@dataclass(frozen=True)
class Comparison:
    """The same thing with a backbone and without it."""

    kind: str
    with_it: Scored
    without: Scored | None
    """None where no other backbone is there to compare with."""
    auc: Difference
    acc: Difference
    ties: tuple[int, int] | None
    """Subsets with the best validation score, without the backbone and with it; None where nothing was chosen."""


@dataclass(frozen=True)
class Rank:
    """A rank among how many, and on resampled test images; what does not exist is None, and `reason` says why."""

    value: int | None
    of: int
    low: int | None
    high: int | None
    shares: Mapping[int, float]
    """Rank -> share of the resamples in which it has that rank."""
    reason: str | None = None


def score(task: str, labels: Labels, rows: Sequence[Mapping[str, Any]]) -> dict[str, Scored]:
    """What test rows score, by their keys; one that cannot be resampled keeps its value and has the reason.

    Args:
        task: one of MedMNIST's task names.
        labels: (N,) class numbers, or (N, L) of 0 and 1, by ascending id.
        rows: of the results, with their predictions where those were kept.
    """
    kept = {row["key"]: np.array(row["scores"], np.float32) for row in rows if row["scores"] is not None}
    found = measure(task, labels, kept)
    scored = {}
    for row in rows:
        own = found.get(row["key"], NOT_KEPT)
        if isinstance(own, str):
            auc, acc = (Replicates(name, row[name.lower()], np.empty(0), "", own) for name in ("AUC", "ACC"))
        else:
            auc, acc = own.auc, own.acc
        scored[row["key"]] = Scored(tuple(row["subset"]), auc, acc)
    return scored


def difference(own: Replicates, other: Replicates) -> Difference:
    """One less the other, on the same images in every resample; without resamples of both, the difference alone."""
    if not (len(own.resampled) and len(other.resampled)):
        gap = None if own.value is None or other.value is None else own.value - other.value
        return Difference(gap, None, None, None, own.reason or other.reason)
    return own.minus(other)


def compare(kind: str, with_it: Scored, without: Scored | None, ties: tuple[int, int] | None = None) -> Comparison:
    """The two with their paired differences."""
    if without is None:
        undefined = Difference(None, None, None, None, NO_OTHERS)
        return Comparison(kind, with_it, None, undefined, undefined, ties)
    return Comparison(
        kind, with_it, without, difference(with_it.auc, without.auc), difference(with_it.acc, without.acc), ties
    )


def rank(own: Replicates, others: Sequence[Replicates]) -> Rank:
    """The rank of a metric, the highest first; equals share the better rank.

    The interval holds the 2.5 and 97.5 % quantiles of the rank over resamples in which all rows see the same images.
    """
    of = len(others) + 1
    if not others:
        return Rank(None, of, None, None, {}, NO_OTHERS)
    values = [other.value for other in others if other.value is not None]
    if own.value is None or len(values) < len(others):
        return Rank(None, of, None, None, {}, own.reason or f"{len(others) - len(values)} of them have no {own.metric}")
    value = 1 + sum(other > own.value + TOLERANCE for other in values)
    if unresampled := next((row for row in (own, *others) if not len(row.resampled)), None):
        return Rank(value, of, None, None, {}, unresampled.reason)
    resampled = 1 + np.sum([other.resampled > own.resampled + TOLERANCE for other in others], axis=0)
    low, high = np.quantile(resampled, [0.025, 0.975], method="inverted_cdf")
    ranks, times = np.unique(resampled, return_counts=True)
    shares = {int(place): float(count) / len(resampled) for place, count in zip(ranks, times, strict=True)}
    return Rank(value, of, int(low), int(high), shares)
