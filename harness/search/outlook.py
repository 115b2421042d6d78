"""The outlook of a choice: whether so few images can choose among so many subsets at all, before any is fitted."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from fuseboard.harness.classifiers.fusion import CONCAT
from fuseboard.store.results.evaluations import FUSION
from fuseboard.store.statistics import paired_power

if TYPE_CHECKING:  # what a few numbers say needs no classifier
    from fuseboard.harness.search.search import Search

ASSUMED_DISAGREEMENT = 0.08
"""Share of validation images that exactly one of two subsets gets right, before any was measured: 2 to 9 % over the
exhaustive searches whose rows ship."""
PUBLISHED_SEARCHES = 12
BEST_OVER_ALL = 0.011
"""Accuracy on test of the subset that is best there, which nobody can choose, less that of all backbones: the mean over
the published searches of 2024, of 255 subsets each."""
CHOSEN_OVER_ALL = -0.005
"""The same of the subset that validation chose."""


@dataclass(frozen=True)
class Outlook:
    """What the images that choose can tell of the subsets of a pool."""

    images: int
    """Of validation, or of training and validation where the protocol cross-validates."""
    backbones: int
    disagreement: float
    """Share of images that exactly one of two subsets gets right."""
    measured_on: int
    """Subsets whose known rows say so; 0 where it is assumed."""

    @property
    def subsets(self) -> int:
        """All that could be chosen."""
        return int(2**self.backbones - 1)

    @property
    def smallest_difference(self) -> float:
        """Smallest difference in accuracy that is told, with a power of 80 %; above 1 where none can be."""
        return paired_power.smallest_difference(self.disagreement, self.images)

    @property
    def optimism(self) -> float:
        """What the best accuracy promises too much, if all subsets are equally good."""
        return paired_power.optimism_of_the_best(self.disagreement, self.images, self.subsets)

    @property
    def all_is_safer(self) -> bool:
        """Whether what can be told is more than the best subset was seen to bring over all backbones."""
        return self.smallest_difference > BEST_OVER_ALL

    @property
    def notes(self) -> list[str]:
        """What can be told, and what to take where that is not enough; one line each."""
        share = f"{100 * self.disagreement:.1f} %"
        apart = (
            f"the {self.measured_on} measured disagree on {share}"
            if self.measured_on
            else f"supposed that two disagree on {share}"
        )
        least = (
            f"can tell subsets apart that differ by {100 * self.smallest_difference:.1f} points of accuracy or more"
            if self.smallest_difference <= 1
            else "can tell no two subsets apart"
        )
        told = (
            f"the {self.images:,} images to choose by {least} (power 80 %; {apart}); luck lifts the best of "
            f"{self.subsets:,} equally good ones by about {100 * self.optimism:.1f} points"
        )
        if not self.all_is_safer:
            return [told]
        return [
            told,
            f"to take all {self.backbones} backbones is safer: in {PUBLISHED_SEARCHES} published searches over 8 the "
            f"subset that is best on test was {100 * BEST_OVER_ALL:.1f} points above all of them, and the chosen one "
            f"{-100 * CHOSEN_OVER_ALL:.1f} below",
        ]


def outlook(search: "Search") -> Outlook | None:
    """Returns what a search can tell, from rows that are known where there are enough; None of one backbone."""
    pool = search.pool
    if len(pool.versions) < 2:
        return None
    labels = pool.labels("val")
    images = len(labels) + (len(pool.labels("train")) if search.recipe.criterion.split == "cv" else 0)
    known = search.known_rows(FUSION.name).filter(
        pl.col("protocol_digest") == search.protocol.digest,
        pl.col("fusion") == CONCAT,
        pl.col("split") == "val",
        pl.col("right").list.len() == len(labels),
        pl.col("fingerprints").list.set_difference(list(pool.fingerprints(tuple(pool.versions)))).list.len() == 0,
    )
    if len(known) <= len(pool.versions):  # single backbones disagree more than what they are part of
        return Outlook(images, len(pool.versions), ASSUMED_DISAGREEMENT, 0)
    right = np.stack(known["right"].to_list()) / (labels.shape[1] if labels.ndim > 1 else 1)
    return Outlook(images, len(pool.versions), paired_power.disagreement(right), len(known))
