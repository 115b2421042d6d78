"""The speed of a backbone is the median over the splits that it embedded, with how far these lie apart.

A machine that does something else meanwhile makes a split slow, of which a mean over splits says nothing. So the spread
stands beside the median, and where the splits of one dataset differ more than twice, no speed is held against another.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from fuseboard.leaderboard.costs.costs import Extraction

LIMIT = 2.0
"""How many times faster one split of a dataset may be than another, for their speed to compare."""


@dataclass(frozen=True)
class Speed:
    """It is of one backbone on one device at one precision."""

    images_per_s: float | None
    """Median over splits; None where nothing was computed in the last runs."""
    low: float | None
    """Of the slowest split."""
    high: float | None
    """Of the fastest one."""
    unsteady: str | None
    """Why it compares with no other; None where it does, or there is none."""


def speed(found: Iterable[Extraction]) -> Speed:
    """Return the speed over some splits, of which those that nothing was computed for say nothing."""
    rates: dict[str, list[float]] = {}
    for one in found:
        if one.profile.images and one.profile.wall_s:
            rates.setdefault(one.dataset, []).append(one.profile.images / one.profile.wall_s)
    every = [rate for own in rates.values() for rate in own]
    if not every:
        return Speed(None, None, None, None)
    worst = max(rates, key=lambda dataset: max(rates[dataset]) / min(rates[dataset]))
    low, high = min(rates[worst]), max(rates[worst])
    unsteady = None
    if high > LIMIT * low:
        unsteady = f"its splits of {worst} differ {high / low:,.1f}-fold in speed"
    return Speed(median(every), min(every), max(every), unsteady)
