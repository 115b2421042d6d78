"""Aggregates are means of a row's metric over several test sets, on each of their resamples."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

import numpy as np

from fuseboard.leaderboard.rankings.table import Score
from fuseboard.store.errors import FuseboardError
from fuseboard.store.statistics.estimates import Difference, Replicates
from fuseboard.store.statistics.test_metrics import Measured

MAX_NAMED = 3
"""Datasets that a reason names."""


@dataclass(frozen=True)
class Cell:
    """A cell holds a score, and its value on every resample."""

    score: Score
    draws: Measured | None


Row = Mapping[str, Cell]
"""Dataset -> cell; a row has one for every column."""
Metric = Literal["auc", "acc"]


def mean(row: Row, datasets: Sequence[str], metric: Metric) -> Replicates:
    """Average one row; without a value where one is missing, and without resamples where one was not resampled.

    Test sets are drawn independently, so the mean of everybody's first draw, of everybody's second and so on are draws
    of the mean. Each dataset weighs alike, however many images it has.
    """
    if reason := reason_without_mean(row, datasets, metric):
        return Replicates(metric, None, np.empty(0), "", reason)
    values = [getattr(row[dataset].score, metric) for dataset in datasets]
    parts = [getattr(row[dataset].draws, metric, None) for dataset in datasets]
    known = [part for part in parts if part is not None and not part.reason and part.resampled.size]
    if len(known) < len(parts):
        without = [name for name, part in zip(datasets, parts, strict=True) if part is None or not part.resampled.size]
        reasons = {row[name].score.no_interval or "not resampled" for name in without}
        reason = f"{'; '.join(sorted(reasons))} ({shortened_list(without)})"
        return Replicates(metric, fmean(values), np.empty(0), "", reason)
    resampled = np.mean([part.resampled for part in known], axis=0)
    return Replicates(metric, fmean(values), resampled, " ".join(part.digest for part in known))


def reason_without_mean(row: Row, datasets: Sequence[str], metric: Metric) -> str | None:
    """Say why a row has no mean; None where it has one."""
    if not datasets:
        return "no dataset counts"
    without = [name for name in datasets if getattr(row[name].score, metric) is None]
    return f"no {metric.upper()} on {shortened_list(without)}" if without else None


def difference(own: Replicates, other: Replicates) -> Difference:
    """Subtract one mean from another, paired."""
    if own.value is None or other.value is None or own.reason or other.reason:
        value = None if own.value is None or other.value is None else own.value - other.value
        return Difference(value, None, None, None, own.reason or other.reason)
    try:
        return own.minus(other)
    except FuseboardError as error:  # rows of other images
        return Difference(own.value - other.value, None, None, None, str(error))


def shortened_list(names: Sequence[str]) -> str:
    """Return the first few names, and how many more there are."""
    rest = len(names) - MAX_NAMED
    return ", ".join(names[:MAX_NAMED]) + (f" and {rest} more" if rest > 0 else "")
