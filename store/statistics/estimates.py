"""Replicates hold one metric of one row on every resample; its interval and its difference to another row follow."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from fuseboard.store.errors import FuseboardError
from fuseboard.store.statistics.ties import TOLERANCE


@dataclass(frozen=True)
class Interval:
    """A value has its 95 % interval beside it; what does not exist is None, and `reason` says why."""

    value: float | None
    low: float | None
    high: float | None
    reason: str | None = None


@dataclass(frozen=True)
class Difference:
    """The difference of two rows: one's value minus the other's, with its 95 % interval."""

    value: float | None
    low: float | None
    high: float | None
    p: float | None
    """Two-sided bootstrap p of no difference; never below 2 / (B + 1)."""
    reason: str | None = None


@dataclass(frozen=True)
class Replicates:
    """This holds a metric of a row, and its value on each resample."""

    metric: str
    value: float | None
    resampled: NDArray[np.float64]
    """(B,), empty where there is no interval."""
    digest: str
    """Digest of the resamples: only rows that were drawn alike may be compared."""
    reason: str | None = None
    """Why there is no value, or no interval."""

    def interval(self) -> Interval:
        """Return the 2.5 and 97.5 % percentiles over the resamples (Efron & Tibshirani 1993, section 13.3).

        Where every resample has the same value (a constant or a faultless row) there is none: of no width, it would
        claim certainty.
        """
        return self._interval

    @cached_property
    def _interval(self) -> Interval:
        """Compute it once: a site shows that of a backbone on up to ten pages."""
        return Interval(self.value, *_percentiles(self.resampled, self.reason))

    def minus(self, other: "Replicates") -> Difference:
        """Subtract another row from this one, paired: both are on the same images in every resample.

        p is twice the smaller of the shares of resamples on either side of 0, (1 + count) / (1 + B) each, ties on both:
        the level at which the percentile interval begins to hold 0 (Davison & Hinkley, Bootstrap Methods and their
        Application, 1997, section 5.2).

        Raises:
            FuseboardError: other images, other draws or another metric.
        """
        if (self.metric, self.digest) != (other.metric, other.digest):
            raise FuseboardError(
                f"{self.metric} on resamples {self.digest} and {other.metric} on {other.digest} cannot be compared; "
                "measure both rows on the same test set with the same seed"
            )
        reason = self.reason or other.reason
        if self.value is None or other.value is None:
            return Difference(None, None, None, None, reason)
        value = self.value - other.value
        if reason:
            return Difference(value, None, None, None, reason)
        gaps = self.resampled - other.resampled
        sides = np.array([(gaps <= TOLERANCE).sum(), (gaps >= -TOLERANCE).sum()])
        p = min(1.0, 2 * float(1 + sides.min()) / (1 + len(gaps)))
        low, high, reason = _percentiles(gaps, None)
        return Difference(value, low, high, p, reason)


def mean(parts: Sequence[Replicates]) -> Replicates:
    """Average rows that differ in their seed alone, resample by resample; there is no value where one row has none."""
    first = parts[0]
    resampled = np.mean([one.resampled for one in parts], axis=0)
    return Replicates(first.metric, mean_value([one.value for one in parts]), resampled, first.digest, first.reason)


def mean_value(values: Sequence[float | None]) -> float | None:
    """Average the values; None where one is missing, because a mean over the others would be another number."""
    there = [value for value in values if value is not None]
    return fmean(there) if len(there) == len(values) else None


def _percentiles(values: NDArray[np.float64], reason: str | None) -> tuple[float | None, float | None, str | None]:
    if reason:
        return None, None, reason
    if np.ptp(values) < TOLERANCE:
        return None, None, "the same in every resample, so resampling cannot show what chance does to it"
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high), None
