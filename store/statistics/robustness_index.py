"""The robustness index: whether the nearest neighbours of an image share its class or its site.

Of the k nearest neighbours of every image those count that share one of both alone: SO have its class and another
site, OS another class and its site. The index is the sum over images of SO, divided by that of SO + OS: 1 where
embeddings are ordered by the class, 0 where they are by the site (Kömen et al., Towards Robust Foundation Models for
Digital Pathology, arXiv 2507.17845, 2025). There every class has as many images of every site; elsewhere the index of
neighbours taken at random is not one half, so it stands beside.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fuseboard.store.arrays import MULTI_CLASS
from fuseboard.store.statistics import resampling
from fuseboard.store.statistics.estimates import Interval

NEIGHBOURS = 10
"""k. The paper takes the k at which neighbours tell the class best, another one on every dataset."""

BATCH_ROWS = 1_024

Numbers = NDArray[np.integer]


@dataclass(frozen=True)
class RobustnessIndex:
    """The index, with an interval over resamples of the images, and what it is beside."""

    index: Interval
    by_chance: float | None
    """The index of neighbours that are taken at random."""
    k: int


def robustness_index(
    vectors: NDArray[np.float32], labels: Numbers, sites: Numbers, units: Numbers, k: int = NEIGHBOURS
) -> RobustnessIndex:
    """Measures the index of a set of images.

    Args:
        vectors: (N, D), compared by their inner product.
        labels: (N,) class numbers.
        sites: (N,) numbers of what ought not to matter.
        units: (N,) equal numbers for images that are no neighbours of each other, such as those of one patient.
        k: neighbours of each image; where there are fewer of other units, as many as all have.
    """
    apart = len(units) - np.bincount(units)[units]
    k = int(min(k, apart.min(initial=k)))
    nothing = Interval(None, None, None, "no neighbour shares the class or the site alone")
    if k < 1:
        return RobustnessIndex(Interval(None, None, None, "all images are of one unit"), None, 0)
    near = nearest(vectors, units, k)
    same_class, same_site = labels[near] == labels[:, None], sites[near] == sites[:, None]
    robust = (same_class & ~same_site).sum(axis=1).astype(np.float64)
    misled = (~same_class & same_site).sum(axis=1).astype(np.float64)
    total = robust.sum() + misled.sum()
    if not total:
        return RobustnessIndex(nothing, _by_chance(labels, sites), k)
    counts = resampling.draw(MULTI_CLASS, labels).counts.astype(np.float64)
    with np.errstate(invalid="ignore"):
        drawn = counts @ robust / (counts @ robust + counts @ misled)
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    return RobustnessIndex(Interval(float(robust.sum() / total), float(low), float(high)), _by_chance(labels, sites), k)


def nearest(vectors: NDArray[np.float32], units: Numbers, k: int) -> NDArray[np.intp]:
    """Returns the places (N, k) of the nearest images of other units, in any order."""
    found = np.empty((len(vectors), k), np.intp)
    for start in range(0, len(vectors), BATCH_ROWS):
        rows = slice(start, start + BATCH_ROWS)
        likeness = vectors[rows] @ vectors.T
        likeness[units[rows, None] == units] = -np.inf
        found[rows] = np.argpartition(-likeness, k - 1, axis=1)[:, :k]
    return found


def _by_chance(labels: Numbers, sites: Numbers) -> float | None:
    """The index over all pairs of images."""
    together = np.zeros((labels.max() + 1, sites.max() + 1))
    np.add.at(together, (labels, sites), 1)
    robust = (together * (together.sum(axis=1, keepdims=True) - together)).sum()
    misled = (together * (together.sum(axis=0, keepdims=True) - together)).sum()
    return float(robust / (robust + misled)) if robust + misled else None
