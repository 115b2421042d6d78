"""Row order: how far a label sequence proves that rows without ids lie in the order of the official split."""

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fuseboard.store.arrays import Labels
from fuseboard.store.embeddings.dataset_protocol import Official

JUDGED_ROWS = 20_000
"""Rows that tell whether vectors follow their labels; more would tell the same."""


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
        return Order(
            "unknown", f"the label sequence is not the official one: {_difference(known, labels)}", compared=True
        )
    kinds, chance = arrangements(labels)
    of = "classes" if labels.ndim == 1 else "distinct label sets"
    return Order(
        "official",
        f"the label sequence equals the official one ({len(labels):,} rows, {kinds:,} {of}); a random order would show "
        f"it with probability {chance}; swaps inside one class cannot be seen",
        compared=True,
    )


def followed(labels: Labels, vectors: NDArray[np.floating[Any]]) -> str:
    """What can be seen of the vectors lying in the order of their labels, which no comparison of labels shows.

    A cache may have been saved with the labels of another run. So the class means of the even rows classify the odd
    ones: labels that belong to other rows do that no better than chance.

    Args:
        labels: (N,) class numbers, or (N, L), which are not judged.
        vectors: (N, D), of which at most `JUDGED_ROWS` are read.
    """
    labels, vectors = labels[:JUDGED_ROWS], np.asarray(vectors[:JUDGED_ROWS], np.float32)
    if labels.ndim > 1:
        return "whether the vectors follow these labels was not judged, because an image has several"
    classes = np.intersect1d(labels[::2], labels[1::2])
    if len(classes) < 2:
        return "whether the vectors follow these labels cannot be judged from so few rows"
    means = np.stack([vectors[::2][labels[::2] == c].mean(axis=0) for c in classes])
    scale = vectors[::2].std(axis=0) + 1e-6
    odd, truth = vectors[1::2] / scale, labels[1::2]
    near = classes[np.argmax(odd @ (means / scale).T - ((means / scale) ** 2).sum(axis=1) / 2, axis=1)]
    right = [float((near[truth == c] == c).mean()) for c in classes]
    counts = np.array([(truth == c).sum() for c in classes])
    found, chance = float(np.mean(right)), 1 / len(classes)
    spread = float(np.sqrt((chance * (1 - chance) / counts).sum())) / len(classes)
    doubt = "" if found > chance + 3 * spread else ", no better than chance, so they may belong to other rows"
    return (
        f"class means of the even rows recognise {found:.3f} of the odd ones per class, chance is {chance:.3f}{doubt}"
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
    there, here = (np.bincount(half, minlength=len(all_)) for half in np.split(of_row.reshape(-1), 2))
    if (other := np.flatnonzero(here != there)).size:
        first = other[0]
        value = f"class {all_[first]}" if known.ndim == 1 else f"the label set {''.join(map(str, all_[first]))}"
        return f"{value} has {here[first]:,} rows, {there[first]:,} are official ({len(other):,} such differ)"
    rows = np.flatnonzero((known != labels).reshape(len(labels), -1).any(axis=1))
    return f"the same labels in another order, {len(rows):,} of {len(labels):,} rows differ, row {rows[0]:,} first"
