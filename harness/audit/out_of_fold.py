"""Out of fold: what a linear probe says of every image when it has learned from others alone."""

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.classifiers.linear_probe import MAX_ITERATIONS, LinearProbe
from fuseboard.harness.search.fit import Fold
from fuseboard.store.arrays import BINARY, MULTI_CLASS, MULTI_LABEL, Labels
from fuseboard.store.errors import FuseboardError

FOLDS = 5
SEED = 2026
C = 0.01
"""The probe's penalty, which was best for linear probes on small sets (docs/results.md)."""


def folds(labels: Labels, units: NDArray[np.intp]) -> list[Fold]:
    """Cuts images so that those of one unit, such as a patient's, are on one side, and classes are spread evenly.

    Args:
        labels: (N,) class numbers, or (N, L), which are not spread.
        units: (N,) equal numbers for what belongs together.

    Raises:
        FuseboardError: all images belong together.
    """
    from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

    count = min(FOLDS, len(np.unique(units)))
    if count < 2:
        raise FuseboardError("all images belong to one group, so none can be judged by others; mend the groups")
    if labels.ndim > 1:
        return list(GroupKFold(count).split(labels, groups=units))
    with warnings.catch_warnings():  # a class of fewer images than folds is a finding of its own
        warnings.simplefilter("ignore", UserWarning)
        count = min(count, max(2, int(np.bincount(labels).max())))
        return list(StratifiedGroupKFold(count, shuffle=True, random_state=SEED).split(labels, labels, units))


def task_of(labels: Labels, classes: int) -> str:
    """Returns what kind of question labels ask."""
    return MULTI_LABEL if labels.ndim > 1 else BINARY if classes == 2 else MULTI_CLASS


def probabilities(
    features: NDArray[np.float32], labels: Labels, classes: int, cut: Sequence[Fold]
) -> NDArray[np.float32]:
    """Returns (N, classes) probabilities, of two classes too; of several labels (N, L).

    Args:
        features: (N, D).
        labels: (N,) class numbers, or (N, L) of 0 and 1.
        classes: how many there are, or labels.
        cut: as `folds` makes it.
    """
    task = task_of(labels, classes)
    probe = LinearProbe({"C": C, "max_iter": MAX_ITERATIONS}, task, classes)
    found = np.zeros((len(labels), classes), np.float32)
    for learned, unseen in cut:
        seen = np.unique(labels[learned]) if labels.ndim == 1 else np.arange(2)
        if len(seen) == 1:
            found[unseen, int(seen[0])] = 1
            continue
        scores = probe.fit([features[learned]], labels[learned]).predict([features[unseen]])
        found[unseen] = np.hstack([1 - scores, scores]) if task == BINARY else scores
    return found
