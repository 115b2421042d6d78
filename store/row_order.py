"""Row order: how far a label sequence proves that rows without ids lie in the order of the official split."""

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from store.official import Official

Labels = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Order:
    """What is known of the order of rows."""

    order: Literal["official", "unknown"]
    proof: str
    compared: bool
    """False where the official labels were not there to compare with, so that a later look may know more."""


def judge(name: str, official: Official, split: str, labels: Labels) -> Order:
    """Holds a label sequence against the official one of a split.

    Args:
        name: the dataset's.
        official: its own word on its labels; nothing is downloaded for this.
        split: of the dataset.
        labels: (N,) class numbers, or (N, L) of 0 and 1 for multi-label.
    """
    if not official.at_hand:
        return Order(
            "unknown",
            f"the official labels of {name} were not on this machine, so nothing was compared; "
            "put its file where `fuseboard doctor` looks for MedMNIST and import again",
            compared=False,
        )
    known = official.labels(split)
    if not np.array_equal(known, labels):
        return Order("unknown", f"the label sequence is not the official one: {_difference(known, labels)}", True)
    kinds, chance = arrangements(labels)
    return Order(
        "official",
        f"the label sequence equals the official one ({len(labels):,} rows, {kinds:,} "
        f"{'classes' if labels.ndim == 1 else 'distinct label sets'}); a random order would show it with probability "
        f"{chance}; swaps inside one of them cannot be seen, and that the vectors follow the labels is the cache's word",
        True,
    )


def arrangements(labels: Labels) -> tuple[int, str]:
    """How many distinct labels there are, and how probable one sequence of them is if all orders are equally so.

    That is the inverse of the multinomial coefficient N! / (n_1! n_2! …), which has thousands of digits.
    """
    counts = np.unique(labels, axis=0, return_counts=True)[1]
    log = math.lgamma(len(labels) + 1) - sum(math.lgamma(int(count) + 1) for count in counts)
    digits = log / math.log(10)
    return len(counts), f"1e-{digits:.0f}" if digits >= 3 else f"{10**-digits:.2g}"


def _difference(known: Labels, labels: Labels) -> str:
    """In which respect two label sequences differ, the coarsest first."""
    if len(known) != len(labels):
        return f"{len(labels):,} rows, the official split has {len(known):,}"
    if known.shape != labels.shape:
        return f"labels of shape {labels.shape}, the official ones have {known.shape}"
    all_, of_row = np.unique(np.concatenate([known, labels]), axis=0, return_inverse=True)
    here, there = (np.bincount(half, minlength=len(all_)) for half in np.split(of_row.reshape(-1)[::-1], 2))
    if (other := np.flatnonzero(here != there)).size:
        first = other[0]
        value = f"class {all_[first]}" if known.ndim == 1 else f"the label set {''.join(map(str, all_[first]))}"
        return f"{value} has {here[first]:,} rows, {there[first]:,} are official ({len(other):,} such differ)"
    rows = np.flatnonzero((known != labels).reshape(len(labels), -1).any(axis=1))
    return f"the same labels in another order, {len(rows):,} of {len(labels):,} rows differ, row {rows[0]:,} first"
