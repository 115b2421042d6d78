"""Curves over labelled images: how much a method gains from more of them, and what another method is worth in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

RESAMPLES = 1_000
IMAGES = pl.col("params").str.json_path_match("$.images").cast(pl.Int64)
"""Labelled images that a result row was fitted on."""


@dataclass(frozen=True)
class LabelCurve:
    """One metric of one subset on test, over draws of the training images.

    Draws of the same number are of the same images for every subset, and a smaller draw is part of the larger one.
    """

    images: tuple[int, ...]
    """Labelled images of each size, ascending."""
    draws: tuple[NDArray[np.float64], ...]
    """The metric (draws of that size,) for each size; one where all images are taken."""

    @property
    def mean(self) -> NDArray[np.float64]:
        """Mean over draws, of each size."""
        return np.array([values.mean() for values in self.draws])

    @property
    def band(self) -> NDArray[np.float64]:
        """(2, sizes) the range in which 19 of 20 draws are: 2.5 and 97.5 % percentiles."""
        return np.array([np.percentile(values, (2.5, 97.5)) for values in self.draws]).T


@dataclass(frozen=True)
class Worth:
    """How many more labelled images one method needs to be as good as another is."""

    at: int
    """Labelled images of the better one."""
    images: float
    """Beyond these; infinite where all there are do not suffice, negative where fewer do."""
    low: float
    high: float
    """95 % interval over draws of the training images; the test images are the same."""


def curves(rows: pl.DataFrame, metric: str = "auc") -> dict[tuple[str, ...], LabelCurve]:
    """Makes the curve of every subset from test rows with the columns `subset`, `images`, `seed` and the metric.

    Sizes at which a draw lacks the metric are left out.
    """
    found: dict[tuple[str, ...], LabelCurve] = {}
    for (subset,), own in rows.sort("images", "seed").group_by("subset", maintain_order=True):
        sizes = own.group_by("images", maintain_order=True).agg(pl.col(metric))
        whole = [(n, np.array(values)) for n, values in sizes.iter_rows() if None not in values]
        if whole:
            found[tuple(subset)] = LabelCurve(tuple(n for n, _ in whole), tuple(values for _, values in whole))
    return found


def worth(better: LabelCurve, other: LabelCurve, seed: int = 0) -> tuple[Worth, ...]:
    """What a method is worth at each size in labelled images of another: the horizontal distance of the curves.

    The other curve is read between its sizes along the logarithm of images, and never falls: what fewer images have
    reached counts as reached. Draws are resampled together, since both methods met the same.

    Args:
        better: the method that is asked about.
        other: the one that it is held against, with the same sizes and draws.
        seed: of the resamples.
    """
    sizes = [n for n in better.images if n in other.images]
    mine, yours = (_by_size(curve, sizes) for curve in (better, other))
    rng = np.random.default_rng(seed)
    count = max(len(values) for values in yours)
    picks = rng.integers(0, count, (RESAMPLES, count))
    answers = []
    reached = np.array([_means(values, picks) for values in yours])
    means = np.array([[values.mean()] for values in yours])
    for place, n in enumerate(sizes[:-1]):
        resampled = _needed(_means(mine[place], picks), sizes, reached) - n
        middle = float(_needed(mine[place].mean(keepdims=True), sizes, means)[0]) - n
        low, high = np.quantile(resampled, (0.025, 0.975), method="closest_observation")
        answers.append(Worth(n, middle, float(low), float(high)))
    return tuple(answers)


def _by_size(curve: LabelCurve, sizes: Sequence[int]) -> list[NDArray[np.float64]]:
    known: Mapping[int, NDArray[np.float64]] = dict(zip(curve.images, curve.draws, strict=True))
    return [known[n] for n in sizes]


def _means(values: NDArray[np.float64], picks: NDArray[np.int64]) -> NDArray[np.float64]:
    """Mean of the draws of each pick; of all images there is one draw, which is always picked."""
    return values[picks].mean(axis=1) if len(values) > 1 else np.repeat(values, len(picks))


def _needed(values: NDArray[np.float64], images: Sequence[int], reached: NDArray[np.float64]) -> NDArray[np.float64]:
    """Labelled images at which curves reach a value each, infinite where one never does.

    Args:
        values: (B,) one per curve.
        images: of each size, ascending.
        reached: (sizes, B) the curves.
    """
    height = np.maximum.accumulate(reached, axis=0)
    first = (height < values).sum(axis=0)
    found = np.where(first == len(images), np.inf, float(images[0]))
    between = np.flatnonzero((first > 0) & (first < len(images)))
    above, sizes = first[between], np.array(images, np.float64)
    below, top = height[above - 1, between], height[above, between]
    share = (values[between] - below) / (top - below)
    ratio = sizes[above] / sizes[above - 1]
    # Powers of whole arrays differ in their last digit from one processor to another.
    grown = [one**part for one, part in zip(ratio.tolist(), share.tolist(), strict=True)]
    found[between] = sizes[above - 1] * grown
    return found
