"""Splitting: images, or groups of them, into shares that hold every class alike."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.store.embeddings.manifest import SplitName

TRIES = 20
"""Orders that groups are tried in; the one that comes nearest to the shares is kept."""

Counts = NDArray[np.integer[Any]]


def assign(
    units: Sequence[str],
    counts: Counts,
    shares: Mapping[SplitName, float],
    seed: int,
    before: NDArray[np.str_] | None = None,
) -> NDArray[np.str_]:
    """Returns the split of every unit, which is an image or a group of images that stays together.

    The order of units is that of an MD5 of the seed and their names, so that every version of every library on every
    machine splits alike; scikit-learn's splitters draw differently from release to release, which would put test
    images of one machine among the training images of another.

    Args:
        units: their names (U,), each once.
        counts: (U, K) images of every class, or of every label and altogether, in every unit.
        shares: of the images, wanted in each split; together 1.
        seed: another one makes another dataset.
        before: (U,) names of splits in which units have to stay, empty for those that are dealt.

    Returns:
        (U,) names of splits. No split lacks a class that has units enough for all, as far as other classes let it.
    """
    of, names = list(shares.values()), list(shares)
    fixed = np.full(len(units), -1, np.intp)
    if before is not None:
        fixed[:] = [names.index(split) if split else -1 for split in before.tolist()]
    tries = 1 if (counts.sum(axis=1) <= 1).all() else TRIES
    found = (_deal(counts, of, _order(units, f"{seed} {number}"), fixed) for number in range(tries))
    best = min(found, key=lambda dealt: _distance(counts, of, dealt))
    return np.array(names)[best]


def _order(units: Sequence[str], seed: str) -> list[int]:
    hashes = [hashlib.md5(f"{seed} {unit}".encode(), usedforsecurity=False).digest() for unit in units]
    return sorted(range(len(units)), key=hashes.__getitem__)


def _deal(counts: Counts, shares: Sequence[float], order: Sequence[int], fixed: NDArray[np.intp]) -> NDArray[np.intp]:
    """Gives each unit in turn to the split that lacks its classes most, (U,) numbers of splits.

    `fixed` (U,) has the split of units that are there before, and -1 for the others.

    That one lessens the sum over splits and classes of (images lacking / images of the class)^2 most. Where a class
    has just enough units left for the splits that have nothing of it, one of those gets the unit.
    """
    whole = np.maximum(counts.sum(axis=0), 1)
    lacking, weights = np.outer(shares, whole), 1 / (whole * whole)
    held = np.zeros_like(lacking, np.int64)
    for side in range(len(shares)):
        held[side] = counts[fixed == side].sum(axis=0)
    lacking -= held
    left = (counts[fixed < 0] > 0).sum(axis=0)
    chosen = fixed.copy()
    for unit in order:
        if fixed[unit] >= 0:
            continue
        own = np.flatnonzero(counts[unit])
        # Summed exactly: a matrix product rounds otherwise on another processor, which would decide ties.
        gain = np.array([math.fsum(row) for row in lacking[:, own] * weights[own] * counts[unit, own]])
        without = (held[:, own] == 0).sum(axis=0)
        if len(urgent := own[(without > 0) & (left[own] <= without)]):
            gain[held[:, urgent[np.argmin(left[urgent])]] > 0] = -np.inf
        best = chosen[unit] = np.argmax(gain)
        lacking[best] -= counts[unit]
        held[best] += counts[unit]
        left[own] -= 1
    return chosen


def _distance(counts: Counts, shares: Sequence[float], chosen: NDArray[np.intp]) -> tuple[int, float]:
    """How far a division is from the wanted one: pairs of split and class without an image, and the largest gap."""
    held = np.stack([counts[chosen == side].sum(axis=0) for side in range(len(shares))])
    whole = counts.sum(axis=0)
    gap = np.abs(held / np.maximum(whole, 1) - np.array(shares)[:, None])
    return int(((held == 0) & (whole > 0)).sum()), float(gap.max())
