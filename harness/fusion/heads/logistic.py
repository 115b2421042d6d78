"""Logistic regression with an L2 penalty on standardised blocks, the penalty chosen on validation."""

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.classifiers.classifier import Blocks
from fuseboard.harness.classifiers.linear_probe import GRID
from fuseboard.harness.classifiers.metrics import log_loss
from fuseboard.harness.classifiers.one_thread import ONE_THREAD
from fuseboard.harness.fusion.heads import choice
from fuseboard.harness.fusion.heads.choice import Solved, Targets, Validation
from fuseboard.harness.fusion.heads.descent import Descent, Point
from fuseboard.harness.fusion.heads.gram import Gram, Weights
from fuseboard.harness.fusion.heads.linear import Linear
from fuseboard.harness.fusion.heads.losses import Loss, Matrix, Sigmoid, Softmax
from fuseboard.harness.fusion.heads.rows import TrainingRows
from fuseboard.harness.fusion.tasks import NEVER, answers, link_of
from fuseboard.store.arrays import Labels

Mask = NDArray[np.bool_]


def fit_linear(
    train: Blocks,
    labels: Labels,
    task: str,
    n_classes: int,
    validation: Validation | None = None,
    sample_weight: Weights | None = None,
    grams: Sequence[Gram] | None = None,
    penalties: Sequence[float] = GRID,
) -> Linear:
    """Fits every penalty and keeps the one with the lowest log-loss on validation.

    The weights are those of scikit-learn's StandardScaler and LogisticRegression on the joined blocks, to the
    tolerance of its solver. Blocks are never joined, and BLAS has one thread, so the numbers are the same on any
    number of cores.

    Args:
        train: blocks (N, D_k).
        labels: (N,) class numbers, or (N, L) of 0 and 1.
        task: one of MedMNIST's task names.
        n_classes: classes, or labels; one that no row has gets a probability of 0, as does any other answer of a label
            that has one value only.
        validation: blocks (V, D_k) and labels; without them the log-loss is summed over five folds of training.
        sample_weight: (N,), 0 or more; the statistics of columns are weighted too.
        grams: of the blocks, by `gram` with the same validation and weights, where many subsets share them.
        penalties: scikit-learn's C, the strongest first; those of the linear probe by default.
    """
    link = link_of(task)

    def measure(truth: Targets, decision: Matrix) -> float:
        return log_loss(task, truth, answers(link, decision))

    with ONE_THREAD.held():
        solve = partial(_path, task=task, n_classes=n_classes, penalties=penalties)
        return choice.fit(train, labels, validation, sample_weight, grams, link, solve, measure)


def _path(
    rows: TrainingRows, labels: Labels, weights: Weights, task: str, n_classes: int, penalties: Sequence[float]
) -> Iterator[Solved]:
    """Solves from the strongest penalty on, each from where the last one ended."""
    asked, loss, constant = _question(labels, weights, task, n_classes)
    shape = len(rows), int(asked.sum())
    point: Point = np.zeros((rows.size + len(rows) + 1) * shape[1])
    for c in penalties:
        found, intercept = np.zeros((rows.size, len(asked))), constant.copy()
        if asked.any():
            descent = Descent(rows, loss, c, point, shape)
            point = descent.minimise()
            found[:, asked], intercept[asked] = descent.weights(point), descent.intercept(point)
        yield c, found, intercept


def _question(labels: Labels, weights: Weights, task: str, n_classes: int) -> tuple[Mask, Loss, Matrix]:
    """Which columns (C,) have something to learn, their loss, and the intercepts (C,) of those that have not."""
    seen, by_row = weights > 0, np.asarray(weights[:, None], np.float64)
    if link_of(task) == "softmax":
        truth = labels[:, None] == np.arange(n_classes)
        present = truth[seen].any(axis=0)
        asked = present & (present.sum() > 1)
        constant = np.where(present, 0.0, NEVER)
        return asked, Softmax(truth[:, asked].astype(np.float64), by_row), constant
    truth = labels.reshape(len(labels), -1) > 0
    yes, no = (np.asarray(each[seen].any(axis=0)) for each in (truth, ~truth))
    constant = np.where(yes & no, 0.0, np.where(yes, -NEVER, NEVER))
    return yes & no, Sigmoid(truth[:, yes & no].astype(np.float64), by_row), constant
