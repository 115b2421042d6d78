"""Logistic regression with an L2 penalty on standardised blocks, the penalty chosen on validation."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from fuseboard.harness.classifiers.classifier import Blocks
from fuseboard.harness.classifiers.gram import Gram, Matrix, Weights
from fuseboard.harness.classifiers.heads import choice
from fuseboard.harness.classifiers.heads.choice import Solved, Targets, Validation
from fuseboard.harness.classifiers.heads.linear import Linear
from fuseboard.harness.classifiers.heads.rows import TrainingRows
from fuseboard.harness.classifiers.linear_probe import GRID, MAX_ITERATIONS
from fuseboard.harness.classifiers.metrics import log_loss
from fuseboard.harness.classifiers.one_thread import ONE_THREAD
from fuseboard.harness.classifiers.tasks import NEVER, Link, answers, link_of
from fuseboard.store.arrays import Labels

TOLERANCE = 1e-5
"""Of the gradient of the mean loss, a tenth of scikit-learn's own: starts differ, and answers should not."""

FEW = 1_500
"""Rows up to which their products are worth taking: of more, scikit-learn is done with the columns before they are."""


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

    The model is scikit-learn's StandardScaler and LogisticRegression on the joined blocks. Of few rows it is fitted in
    the space that they span, to the same answers; BLAS has one thread, so they are the same on any number of cores.

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
        return choice.fit(train, labels, validation, sample_weight, grams, link, solve, measure, FEW)


def _path(
    rows: TrainingRows, labels: Labels, weights: Weights, task: str, n_classes: int, penalties: Sequence[float]
) -> Iterator[Solved]:
    """Solves from the strongest penalty on, each from where the last one ended."""
    features, back = rows.matrix()
    questions = [labels] if link_of(task) == "softmax" else list(labels.reshape(len(labels), -1).T)
    seen = weights > 0
    models = [_model() if len(np.unique(question[seen])) > 1 else None for question in questions]
    for c in penalties:
        found, intercept = np.zeros((features.shape[1], n_classes)), np.full(n_classes, NEVER)
        for place, (question, model) in enumerate(zip(questions, models, strict=True)):
            if model is None:
                _constant(intercept, place, question[seen][0], link_of(task))
                continue
            model.set_params(C=c).fit(features[seen], question[seen], weights[seen])
            _put(found, intercept, place, model, link_of(task))
        columns = n_classes if link_of(task) == "softmax" else len(questions)
        weights_of = found[:, :columns]
        yield c, weights_of if back is None else back @ weights_of, intercept[:columns]


def _model() -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=MAX_ITERATIONS, tol=TOLERANCE, warm_start=True)


def _constant(intercept: Matrix, place: int, answer: int, link: Link) -> None:
    """Sets what is always answered: the one class there is, or the one value of a label."""
    if link == "softmax":
        intercept[answer] = 0.0
    else:
        intercept[place] = -NEVER if answer else NEVER


def _put(found: Matrix, intercept: Matrix, place: int, model: Any, link: Link) -> None:
    """Copies the weights of a model; classes that it has not seen keep none."""
    if link != "softmax":
        found[:, place], intercept[place] = model.coef_[0], model.intercept_[0]
    elif len(model.classes_) == 2:  # one row, of the second class against the first
        found[:, model.classes_] = np.outer(model.coef_[0], (-0.5, 0.5))
        intercept[model.classes_] = model.intercept_[0] * np.array((-0.5, 0.5))
    else:
        found[:, model.classes_], intercept[model.classes_] = model.coef_.T, model.intercept_
