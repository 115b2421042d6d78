"""Resamples: which images each bootstrap draw of a test set takes, the same for every row that is measured on it.

Classes are strata: of each class as many images are drawn, with replacement, as it has, so that none vanishes and no
AUC is undefined (Davison & Hinkley, Bootstrap Methods and their Application, 1997, section 3.2). What varies is which
images of a class were taken; how often the class occurs does not.

Several labels per image have no such strata: those of equal label patterns would draw each rare pattern's only image
every time, and make intervals too narrow. There, N of the N images are drawn plainly, and a draw in which a label that
has two images or more for either answer lost one of them is thrown away whole and drawn again. Leaving out its AUC
there would average over other labels in one draw than in the next. `redrawn` says how often that happened.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fuseboard.store.arrays import MULTI_LABEL, Labels
from fuseboard.store.errors import FuseboardError
from fuseboard.store.statistics import one_vs_rest

RESAMPLES = 1_000
PATIENCE = 100
"""Draws thrown away per draw that is kept, before labels are called too rare."""


@dataclass(frozen=True)
class Resamples:
    """B draws of N images."""

    counts: NDArray[np.uint16]
    """(B, N): how often each image was drawn."""
    digest: str
    """Digest of the labels and of every draw: rows of equal digests may be subtracted draw by draw."""
    redrawn: int
    """Draws thrown away because a label lost an answer; 0 but for several labels."""


def draw(task: str, labels: Labels, resamples: int = RESAMPLES, seed: int = 0) -> Resamples:
    """Draws a test set's images: a function of labels, seed and number alone, on any machine.

    Indices are made from PCG64's raw bits, whose stream NumPy guarantees, and not by `Generator.integers`, whose stream
    it may change: rows that were measured years apart must have met the same draws.

    Args:
        task: one of MedMNIST's task names.
        labels: (N,) class numbers, or (N, L) of 0 and 1, by ascending id.
        resamples: B.
        seed: of the draws.

    Raises:
        FuseboardError: labels are so rare that nearly every draw loses one.
    """
    images = len(labels)
    several = task == MULTI_LABEL
    strata = np.zeros(images, np.intp) if several else labels
    order = np.argsort(strata, kind="stable")
    sizes = np.bincount(strata)
    starts = np.repeat(np.cumsum(sizes) - sizes, sizes)
    size = np.repeat(sizes, sizes).astype(np.uint64)
    yes = np.asarray(labels if several else np.zeros((images, 0)), np.float64)
    needed = (yes.sum(axis=0) >= 2) & (images - yes.sum(axis=0) >= 2)
    bits = np.random.PCG64(seed)
    counts, redrawn, made = np.empty((resamples, images), np.uint16), 0, 0
    while made < resamples:
        place = ((bits.random_raw(images) >> np.uint64(32)) * size) >> np.uint64(32)
        drawn = np.bincount(order[starts + place.astype(np.intp)], minlength=images)
        found = drawn @ yes
        if (needed & ((found == 0) | (found == images))).any():
            redrawn += 1
            if redrawn > PATIENCE * resamples:
                raise FuseboardError(f"nearly every draw of {images} images loses a label; some labels are too rare")
            continue
        counts[made], made = drawn, made + 1
    return Resamples(counts, one_vs_rest.digest(labels, counts.astype("<u2").tobytes()), redrawn)
