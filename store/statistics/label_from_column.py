"""The label from a column alone: how well the site, the scanner or the age band tells the class, with no image seen.

Where it does so better than chance, a classifier can score well without having learned the disease (Zech et al., PLoS
Medicine 15, 2018). An image is given the share that each class has among other images with its value, which are in
other folds; the AUC of these shares is held against those of columns whose values were dealt anew at random (Ojala and
Garriga, JMLR 11, 2010), with folds, and so whatever bias the folds have, alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fuseboard.store.arrays import BINARY, MULTI_CLASS, Labels
from fuseboard.store.statistics import weighted_metrics

FOLDS = 5
PERMUTATIONS = 1_000
ALARM = 0.01
"""p below which a column tells the label: of a hundred columns that tell nothing, one does so by chance."""

Numbers = NDArray[np.integer]


@dataclass(frozen=True)
class LabelFromColumn:
    """The cross-fitted AUC of the label from a column, and what chance makes of it."""

    auc: float | None
    by_chance: float | None
    """What 99 of 100 columns that were dealt at random stay below."""
    p: float | None
    """Share of random columns that tell the label as well; never below 1 / (B + 1)."""
    images: int
    reason: str | None = None

    @property
    def is_alarming(self) -> bool:
        """Whether the column tells the label better than chance does."""
        return self.p is not None and self.p < ALARM


def label_from_column(
    values: Numbers, labels: Labels, units: Numbers, seed: int = 0, permutations: int = PERMUTATIONS
) -> LabelFromColumn:
    """Measures one column.

    Args:
        values: (N,) numbers of the values.
        labels: (N,) class numbers, or (N, L) of 0 and 1, whose AUCs are averaged.
        units: (N,) equal numbers for what stays together in folds and random columns, such as the images of a patient;
            each image by itself counts where the images of a unit have several values.
        seed: of folds and random columns.
        permutations: random columns.
    """
    questions = _questions(labels)
    if not questions or len(np.unique(values)) < 2:
        lacking = "labels" if not questions else "values"
        return LabelFromColumn(None, None, None, len(values), f"all images have the same {lacking}")
    rng = np.random.default_rng(seed)
    units = _whole(values, units)
    found, first, unit_of = np.unique(units, return_index=True, return_inverse=True)
    fold_of = np.empty(len(found), np.intp)
    # units in the order of their first label, dealt in turn: every fold has as many of each class as it can
    order = rng.permutation(len(found))
    order = order[np.argsort(questions[0][first[order]], kind="stable")]
    fold_of[order] = np.arange(len(found)) % min(FOLDS, len(found))
    folds, own = fold_of[unit_of], values[first]
    auc = _auc(values, questions, folds)
    drawn = np.array([_auc(rng.permutation(own)[unit_of], questions, folds) for _ in range(permutations)])
    p = (1 + int((drawn >= auc - 1e-12).sum())) / (1 + permutations)
    return LabelFromColumn(auc, float(np.quantile(drawn, 1 - ALARM)), p, len(values))


def _questions(labels: Labels) -> list[Numbers]:
    """Returns the classes that there are, renumbered, or each of several labels that some have and some have not."""
    columns = [labels] if labels.ndim == 1 else list(labels.T)
    found = [np.unique(column, return_inverse=True) for column in columns]
    return [numbers for kinds, numbers in found if len(kinds) > 1]


def _whole(values: Numbers, units: Numbers) -> Numbers:
    pairs = len(np.unique(np.stack([units, values]), axis=1).T)
    return units if pairs == len(np.unique(units)) else np.arange(len(values))


def _auc(values: Numbers, questions: Sequence[Numbers], folds: Numbers) -> float:
    return float(np.mean([_one(values, question, folds) for question in questions]))


def _one(values: Numbers, labels: Numbers, folds: Numbers) -> float:
    """The AUC of one question: images of one fold, value and class are alike, so only their counts matter."""
    classes = int(labels.max()) + 1
    shape = int(folds.max()) + 1, int(values.max()) + 1, classes
    cells = np.ravel_multi_index((folds, values, labels), shape)
    counts = np.bincount(cells, minlength=np.prod(shape)).reshape(shape).astype(np.float64)
    others = counts.sum(axis=0) - counts
    shares = others.sum(axis=1, keepdims=True)
    shares /= np.maximum(shares.sum(axis=2, keepdims=True), 1)
    told = (others + shares) / (others.sum(axis=2, keepdims=True) + 1)  # as if one image more were as all are
    fold, value, truth = np.nonzero(counts)
    scores, weights = told[fold, value], counts[fold, value, truth].astype(np.float32)[:, None]
    task = BINARY if classes == 2 else MULTI_CLASS
    return float(weighted_metrics.auc(task, truth, [scores])(weights)[0, 0])
