"""The held-out part: which images a fusion learns from, and which it is chosen, calibrated and measured by."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.store.errors import UsageError

LEAST = 10
"""Fewest held-out images that anything is chosen by; below, every image is trained on."""


def held_out(
    labels: NDArray[Any], share: float, seed: int, groups: NDArray[Any] | None = None, stratify: bool = True
) -> NDArray[np.bool_]:
    """Draws the held-out images: of every class its share, rounded; whole groups where there are groups.

    Args:
        labels: (N,) class numbers, (N, L) labels or (N,) numbers.
        share: of the images, between 0 and 1.
        seed: of the draw.
        groups: (N,) names; images of one group, such as a patient, are all on one side.
        stratify: whether `labels` are classes; a group counts for the class of most of its images.

    Returns:
        (N,) true where an image is held out; nowhere where too few would be.
    """
    if not 0 < share < 1:
        raise UsageError(f"validation = {share}: a share between 0 and 1 is wanted, or (images, labels)")
    rng = np.random.default_rng(seed)
    units = np.arange(len(labels)) if groups is None else np.unique(np.asarray(groups), return_inverse=True)[1]
    sizes = np.bincount(units)
    kinds = _kinds(labels, units, len(sizes)) if stratify and labels.ndim == 1 else np.zeros(len(sizes), np.intp)
    drawn = np.zeros(len(sizes), bool)
    for kind in np.unique(kinds):
        members = rng.permutation(np.flatnonzero(kinds == kind))
        before = np.cumsum(sizes[members]) - sizes[members] / 2
        chosen = members[before < share * sizes[members].sum()]
        drawn[chosen[: len(members) - 1]] = True  # one unit of every class is learned from
    out = drawn[units]
    enough = out.sum() >= LEAST and (not stratify or labels.ndim == 2 or len(np.unique(labels[out])) > 1)
    return out if enough else np.zeros(len(labels), bool)


def _kinds(labels: NDArray[Any], units: NDArray[np.intp], count: int) -> NDArray[np.intp]:
    """Returns the class of most images of every unit."""
    classes, places = np.unique(labels, return_inverse=True)
    counts = np.zeros((count, len(classes)), np.intp)
    np.add.at(counts, (units, places), 1)
    found: NDArray[np.intp] = counts.argmax(axis=1)
    return found


def refuse_shared_groups(train: NDArray[Any], validation: NDArray[Any]) -> None:
    """Raises where a group has images on both sides."""
    shared = np.intersect1d(np.asarray(train).astype(str), np.asarray(validation).astype(str))
    if len(shared):
        raise UsageError(
            f"group {shared[0]} has images in training and in validation ({len(shared)} such groups): its validation "
            "score would be of images it has nearly seen; move each group to one side"
        )
