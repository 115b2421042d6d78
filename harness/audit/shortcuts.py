"""Shortcuts: columns that the backbones see better than the label, as where every hospital has its own scanner.

A classifier then has an easier thing to learn than the disease (Zech et al., PLoS Medicine 15, 2018: pneumonia
classifiers that knew the hospital). Both are predicted in the same way from the same vectors, so that they compare.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.audit import columns
from fuseboard.harness.audit.columns import Column
from fuseboard.harness.audit.out_of_fold import task_of
from fuseboard.store.arrays import Labels
from fuseboard.store.statistics import weighted_metrics
from fuseboard.store.statistics.estimates import Interval
from fuseboard.store.statistics.selection_bias import Score

DRAWS = 1_000
DRAWN_AT_A_TIME = 100
RELATED = 0.05
"""p of independence of column and label below which the column helps to guess the label."""
METRICS = ("auc", "balanced_accuracy")


@dataclass(frozen=True)
class Shortcut:
    """How well a column is seen, beside how well the label is, on the same images."""

    column: str
    values: tuple[str, ...]
    images: int
    of_column: Mapping[str, Interval]
    """AUC and balanced accuracy of the soft vote of all backbones."""
    of_label: Mapping[str, Interval]
    difference: Mapping[str, Interval]
    cramers_v: float
    p: float

    @property
    def is_seen_better(self) -> bool:
        """Whether the interval of the difference of AUCs lies above 0."""
        low = self.difference["auc"].low
        return low is not None and low > 0

    @property
    def goes_with_label(self) -> bool:
        """Whether who knows the column knows something of the label."""
        return self.p < RELATED


def measure(
    column: Column,
    said: NDArray[np.float32],
    labels: Labels,
    said_of_label: NDArray[np.float32],
    units: NDArray[np.intp],
) -> Shortcut:
    """Measures one column.

    Args:
        column: of M images.
        said: (M, values) mean out-of-fold probabilities of its values.
        labels: (N,) or (N, L) of all images.
        said_of_label: (N, C) mean out-of-fold probabilities of the labels.
        units: (N,) equal numbers for images that are drawn together, such as a patient's.
    """
    rows = column.rows
    own = _scores(column.numbers, said)
    truth, answers = _present(labels[rows], said_of_label[rows])
    label = _scores(truth, answers)
    once = np.ones((len(rows), 1), np.float32)
    drawn: dict[tuple[str, str], list[NDArray[np.float64]]] = {}
    for counts in _draws(units[rows]):
        for name in METRICS:
            drawn.setdefault(("column", name), []).append(own[name](counts)[0])
            drawn.setdefault(("label", name), []).append(label[name](counts)[0])
    whole = {("column", name): float(own[name](once)[0, 0]) for name in METRICS}
    whole |= {("label", name): float(label[name](once)[0, 0]) for name in METRICS}
    all_drawn = {key: np.concatenate(values) for key, values in drawn.items()}
    v, p = columns.association(column, labels)
    return Shortcut(
        column.name,
        column.values,
        len(rows),
        {name: _interval(whole["column", name], all_drawn["column", name]) for name in METRICS},
        {name: _interval(whole["label", name], all_drawn["label", name]) for name in METRICS},
        {
            name: _interval(
                whole["column", name] - whole["label", name], all_drawn["column", name] - all_drawn["label", name]
            )
            for name in METRICS
        },
        v,
        p,
    )


def _scores(truth: Labels, said: NDArray[np.float32]) -> dict[str, Score]:
    task = task_of(truth, said.shape[1])
    return {
        "auc": weighted_metrics.auc(task, truth, [said]),
        "balanced_accuracy": weighted_metrics.balanced(task, truth, [said]),
    }


def _present(labels: Labels, said: NDArray[np.float32]) -> tuple[Labels, NDArray[np.float32]]:
    """Leaves out what no image of these has: classes, or labels that all or none have."""
    if labels.ndim > 1:
        varies = labels.min(axis=0) < labels.max(axis=0)
        return labels[:, varies], said[:, varies]
    present, given = np.unique(labels, return_inverse=True)
    return given, said[:, present]


def _draws(units: NDArray[np.intp]) -> Iterator[NDArray[np.float32]]:
    """Yields (M, B) how often each image is drawn: whole units with replacement, so that patients stay together."""
    found, of = np.unique(units, return_inverse=True)
    rng = np.random.default_rng(0)
    for _ in range(0, DRAWS, DRAWN_AT_A_TIME):
        times = rng.multinomial(len(found), np.full(len(found), 1 / len(found)), size=DRAWN_AT_A_TIME)
        yield times.T[of].astype(np.float32)


def _interval(value: float, drawn: NDArray[np.float64]) -> Interval:
    """The 2.5 and 97.5 % percentiles (Efron & Tibshirani 1993, section 13.3) of the draws in which it is defined."""
    known = drawn[np.isfinite(drawn)]
    if not np.isfinite(value) or not len(known):
        return Interval(None, None, None, "too few images of a class")
    low, high = np.quantile(known, [0.025, 0.975])
    return Interval(value, float(low), float(high))


def mean(said: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """The soft vote: probabilities (N, C) averaged over backbones."""
    return np.asarray(np.mean(said, axis=0, dtype=np.float64), np.float32)
