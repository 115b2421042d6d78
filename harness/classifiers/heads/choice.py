"""The choice of a penalty: on validation, or on folds of training where there is none."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.classifiers.classifier import Blocks
from fuseboard.harness.classifiers.gram import Gram, Matrix, Weights
from fuseboard.harness.classifiers.heads.linear import Linear
from fuseboard.harness.classifiers.heads.rows import TrainingRows, rows_of
from fuseboard.harness.classifiers.tasks import Link

Targets = NDArray[Any]
"""(N,) classes or numbers, or (N, L) of 0 and 1."""

Validation = tuple[Blocks, Targets]
"""Blocks (V, D_k) and their labels."""

Solved = tuple[float, Matrix, Matrix]
"""A penalty, its weights (R, C) and intercepts (C,)."""

Solve = Callable[[TrainingRows, Targets, Weights], Iterable[Solved]]
"""Solves for every penalty, the strongest first."""

Measure = Callable[[Targets, Matrix], float]
"""The loss of decisions (V, C)."""

FOLDS = 5


def fit(
    train: Blocks,
    labels: Targets,
    validation: Validation | None,
    sample_weight: Weights | None,
    grams: Sequence[Gram] | None,
    link: Link,
    solve: Solve,
    measure: Measure,
    most: int | None = None,
) -> Linear:
    """Fits every penalty and keeps the one with the lowest loss, the strongest among equals.

    Products of more than `most` rows are not taken, where the solver is faster with the columns.
    """
    weights = np.ones(len(labels)) if sample_weight is None else np.asarray(sample_weight, np.float64)
    nobody = [block[:0] for block in train]
    rows = rows_of(train, validation[0] if validation else nobody, weights, grams, most)
    path = list(solve(rows, labels, weights))
    if validation:
        losses = _losses(rows, path, validation[1], measure)
    else:
        losses = np.zeros(len(path))
        for held in folds(labels):
            kept = ~held
            unseen = [block[held] for block in train]
            own = rows_of([block[kept] for block in train], unseen, weights[kept], None, most)
            losses += held.sum() * _losses(own, solve(own, labels[kept], weights[kept]), labels[held], measure)
    penalty, found, intercept = path[int(np.argmin(losses))]
    coef = np.ascontiguousarray((rows.columns(found) / rows.standardiser.scale[:, None]).T, np.float32)
    center = rows.standardiser.mean.astype(np.float32)
    # of the very numbers that are kept, so that their rounding cancels out
    return Linear(coef, intercept - coef.astype(np.float64) @ center.astype(np.float64), center, link, penalty)


def _losses(rows: TrainingRows, path: Iterable[Solved], labels: Targets, measure: Measure) -> NDArray[np.float64]:
    return np.array([measure(labels, rows.unseen(found) + intercept) for _, found, intercept in path])


def folds(labels: Targets) -> Iterator[NDArray[np.bool_]]:
    """Rows (N,) that are held out, in turn: neighbours of a class together, for images of a patient are neighbours.

    Every fold has its share of every class; rows of several labels, or of numbers, are cut by their place alone.
    """
    places = np.arange(len(labels)) / len(labels)
    if labels.ndim == 1 and np.issubdtype(labels.dtype, np.integer):
        for each in np.unique(labels):
            own = labels == each
            places[own] = np.arange(own.sum()) / own.sum()
    for fold in range(FOLDS):
        held = (places * FOLDS).astype(int) == fold
        if held.any() and not held.all():
            yield held
