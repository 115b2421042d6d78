"""Ridge regression on standardised blocks, the penalty chosen on validation."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.classifiers.classifier import Blocks
from fuseboard.harness.classifiers.gram import Gram, Matrix, Weights
from fuseboard.harness.classifiers.heads import choice
from fuseboard.harness.classifiers.heads.choice import Solved, Targets, Validation
from fuseboard.harness.classifiers.heads.linear import Linear
from fuseboard.harness.classifiers.heads.rows import TrainingRows
from fuseboard.harness.classifiers.one_thread import ONE_THREAD

GRID = tuple(10.0**power for power in range(7, -3, -1))
"""scikit-learn's alpha, the strongest penalty first, which wins among equals; columns are of length 1 per row."""


def fit_ridge(
    train: Blocks,
    targets: NDArray[np.floating[Any]],
    task: str,
    n_classes: int,
    validation: Validation | None = None,
    sample_weight: Weights | None = None,
    grams: Sequence[Gram] | None = None,
) -> Linear:
    """Fits every penalty and keeps the one with the lowest squared error on validation.

    The weights are those of scikit-learn's StandardScaler and Ridge. Arguments are those of `fit_linear`; targets are
    (N,) numbers.
    """
    with ONE_THREAD.held():
        values = np.asarray(targets, np.float64).ravel()
        return choice.fit(train, values, validation, sample_weight, grams, "identity", _path, _squared_error)


def _squared_error(truth: Targets, decision: Matrix) -> float:
    return float(np.mean((np.asarray(truth, np.float64).ravel() - decision[:, 0]) ** 2))


def _path(rows: TrainingRows, targets: Targets, weights: Weights) -> Iterator[Solved]:
    """Solves (rows' rows + alpha) w = rows' y, or its dual; all is centred, so the intercept is the mean."""
    from scipy.linalg import solve

    mean = np.average(targets, weights=weights)
    centred = (targets - mean)[:, None]
    matrix, root = rows.products(weights), np.sqrt(weights)[:, None]
    right = root * centred if rows.by_row else rows.pull(weights[:, None] * centred)
    diagonal = np.diag_indices_from(matrix)
    plain = matrix[diagonal].copy()
    for alpha in GRID:
        matrix[diagonal] = plain + alpha
        found = solve(matrix, right, assume_a="pos")
        yield alpha, root * found if rows.by_row else found, np.array([mean])
