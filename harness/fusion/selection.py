"""The selection: what was compared on the held-out images, what was chosen, and what chance had to do with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fuseboard.harness.classifiers.fusion import Subset
from fuseboard.store.errors import FuseboardError
from fuseboard.store.statistics import paired_power
from fuseboard.store.statistics.selection_bias import win
from fuseboard.store.statistics.weighted_metrics import mean

RESAMPLES = 1_000


@dataclass(frozen=True)
class Selection:
    """What a choice is worth; scores are of the held-out images and, of losses, negative: higher is better."""

    strategy: str
    metric: str
    images: int
    """Held-out images; 0 where there were too few to choose by."""
    chosen: Subset
    all_backbones: Subset
    best_single: Subset | None
    table: pl.DataFrame
    """A row per subset: subset, features, score, minus (its score less that of the chosen one), low, high (95 % of it
    on paired resamples), tied (whether the interval holds 0)."""
    optimism: float | None
    """What the best score promises too much, because it was chosen by; None where nothing was chosen."""
    honest_score: float | None
    """The score of the chosen subset less the optimism."""
    cheapest: Subset
    """Of those that cannot be told from the chosen one, that with the fewest parameters, then features."""
    cost: str
    """What `cheapest` counts: parameters or features."""
    smallest_difference: float | None
    """The smallest difference in accuracy that these images could tell, of two that disagree as often as these do."""
    images_for_a_point: int | None
    """Images that it takes to tell one percentage point."""
    remarks: tuple[str, ...] = ()

    @property
    def tied(self) -> list[Subset]:
        """Subsets that cannot be told from the chosen one, that one first."""
        rows = self.table.filter(pl.col("tied"))
        return [self.chosen, *(tuple(one) for one in rows["subset"].to_list() if tuple(one) != self.chosen)]

    @property
    def notes(self) -> list[str]:
        """Sentences that say all of it."""
        if not self.images:
            return [f"{joined(self.chosen)}: nothing was chosen, since too few images could be held out", *self.remarks]
        told = [
            f"{joined(self.chosen)}: strategy {self.strategy}, {len(self.table)} subsets compared by {self.metric} on "
            f"{self.images} held-out images"
        ]
        if len(tied := self.tied) > 1:
            told.append(
                f"{len(tied)} of {len(self.table)} subsets cannot be told apart on these images; the cheapest is "
                f"{joined(self.cheapest)} (by {self.cost})"
            )
        elif len(self.table) > 1:
            told.append("no other subset ties with it on these images")
        if self.optimism is not None and self.honest_score is not None:
            told.append(
                f"its score {self.honest_score + self.optimism:.4f} promises {self.optimism:.4f} too much, since the "
                f"best was taken: expect {self.honest_score:.4f}"
            )
        if self.smallest_difference is not None and self.images_for_a_point is not None:
            told.append(
                f"{self.images} images tell two subsets apart that differ by {100 * self.smallest_difference:.1f} "
                f"points of accuracy or more (power 80 %); one point takes {self.images_for_a_point:,} images"
            )
        return [*told, *self.remarks]

    def __str__(self) -> str:
        return "\n".join(self.notes)


def joined(subset: Subset) -> str:
    """Returns a subset as people read it."""
    return "+".join(subset)


def select(
    strategy: str,
    metric: str,
    chosen: Subset,
    everything: Subset,
    utilities: Mapping[Subset, NDArray[np.float64]],
    right: Mapping[Subset, NDArray[np.float64]],
    features: Mapping[Subset, int],
    parameters: Mapping[str, int | None],
    candidates: Sequence[Subset],
    seed: int = 0,
    remarks: tuple[str, ...] = (),
) -> Selection:
    """Compares subsets with the chosen one, image by image on the same resamples.

    Args:
        strategy: by which it was chosen.
        metric: the name of what is averaged.
        chosen: the subset.
        everything: the subset of all backbones.
        utilities: subset -> (N,) numbers whose mean is its score, higher is better.
        right: subset -> (N,) right answers, 0 to 1; empty for regression.
        features: subset -> numbers of its joined vector.
        parameters: backbone -> of its network; None where nobody says.
        candidates: those among which the strategy chose, the preferred among equals first.
        seed: of the resamples.
        remarks: more that people should know.
    """
    counted = all(parameters.get(name) is not None for subset in utilities for name in subset)

    def cost(subset: Subset) -> tuple[int, int, Subset]:
        weights = sum(parameters.get(name) or 0 for name in subset) if counted else 0
        return weights, features[subset], subset

    subsets = list(utilities)
    gains = np.stack([utilities[subset] for subset in subsets])
    images = gains.shape[1]
    differences = gains - utilities[chosen]
    draws = np.random.default_rng(seed).multinomial(images, np.full(images, 1 / images), RESAMPLES) / images
    low, high = np.quantile(differences @ draws.T, [0.025, 0.975], axis=1)
    table = pl.DataFrame(
        {
            "subset": [list(subset) for subset in subsets],
            "features": [features[subset] for subset in subsets],
            "score": gains.mean(axis=1),
            "minus": differences.mean(axis=1),
            "low": low,
            "high": high,
            "tied": (low <= 0) & (high >= 0),
        }
    ).sort("score", descending=True)
    singles = [subset for subset in subsets if len(subset) == 1]
    ties = [subset for subset, tie in zip(subsets, (low <= 0) & (high >= 0), strict=True) if tie]
    optimism, honest = _optimism(candidates, utilities, seed)
    smallest, needed = power(chosen, right)
    return Selection(
        strategy=strategy,
        metric=metric,
        images=images,
        chosen=chosen,
        all_backbones=everything,
        best_single=max(singles, key=lambda s: (utilities[s].mean(), -features[s])) if singles else None,
        table=table,
        optimism=optimism,
        honest_score=honest,
        cheapest=min(ties, key=cost),
        cost="parameters of the networks" if counted else "length of the vectors",
        smallest_difference=smallest,
        images_for_a_point=needed,
        remarks=remarks,
    )


def _optimism(
    candidates: Sequence[Subset], utilities: Mapping[Subset, NDArray[np.float64]], seed: int
) -> tuple[float | None, float | None]:
    """Returns what the best of the candidates promises too much, and what is left (store.statistics.selection_bias)."""
    if len(candidates) < 2:
        return None, None
    gains = np.stack([utilities[subset] for subset in candidates]).astype(np.float32)
    try:
        winner = win(candidates, mean(gains), gains.shape[1], RESAMPLES, seed)
    except FuseboardError:  # no resample left an image out
        return None, None
    return winner.optimism, winner.corrected_score


def power(chosen: Subset, right: Mapping[Subset, NDArray[np.float64]]) -> tuple[float | None, int | None]:
    """Returns the smallest difference in accuracy that could be told, and the images that one point would take.

    Of two that disagree as often as the others do with the chosen one, on the mean (store.statistics.paired_power).
    """
    others = [answers for subset, answers in right.items() if subset != chosen]
    if chosen not in right or not others:
        return None, None
    apart = float(np.mean([np.abs(answers - right[chosen]).mean() for answers in others]))
    if not apart:
        return None, None
    images = len(right[chosen])
    return paired_power.smallest_difference(apart, images), paired_power.images_for(0.01, apart)
