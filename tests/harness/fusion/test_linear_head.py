"""The linear head against scikit-learn as a reader would write it, and where there is little to learn from."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from fuseboard.harness.classifiers.heads import Linear, fit_linear, gram
from fuseboard.harness.classifiers.linear_probe import GRID
from fuseboard.harness.classifiers.metrics import log_loss
from fuseboard.store.arrays import BINARY, MULTI_CLASS, MULTI_LABEL

WIDE, TALL = (40, 30), (5, 3)
Blocks = list[NDArray[np.float32]]


def draw(rows: int, widths: tuple[int, ...], seed: int = 0) -> tuple[Blocks, NDArray[np.float64]]:
    """Blocks of different scales and places, and the (rows, 3) factors behind them."""
    random = np.random.default_rng(seed)
    factors = random.normal(size=(rows, 3))
    mixes = np.random.default_rng(99)
    blocks = [
        (50 + 10**place * (factors @ mixes.normal(size=(3, width)) + random.normal(size=(rows, width)))).astype("f4")
        for place, width in enumerate(widths)
    ]
    return blocks, factors + 0.5 * random.normal(size=(rows, 3))


def joined(blocks: Blocks) -> NDArray[np.float64]:
    return np.concatenate(blocks, axis=1, dtype=np.float64)


def peer(c: float) -> Pipeline:
    return make_pipeline(StandardScaler(), LogisticRegression(C=c, tol=1e-9, max_iter=10_000, solver="newton-cg"))


@pytest.mark.parametrize("widths", [WIDE, TALL])
@pytest.mark.parametrize("classes", [2, 3])
def test_it_is_the_best_of_scikit_learn_on_the_whole_matrix(widths: tuple[int, ...], classes: int) -> None:
    train, truth = draw(60, widths)
    unseen, unseen_truth = draw(50, widths, seed=1)
    labels, others = (each[:, :classes].argmax(axis=1) for each in (truth, unseen_truth))
    task = BINARY if classes == 2 else MULTI_CLASS
    peers = [peer(c).fit(joined(train), labels).predict_proba(joined(unseen)) for c in GRID]
    best = int(np.argmin([log_loss(task, others, each) for each in peers]))
    found = fit_linear(train, labels, task, classes, (unseen, others))
    assert found.penalty == GRID[best]
    expected = peers[best][:, 1:] if task == BINARY else peers[best]
    np.testing.assert_allclose(found.predict(unseen), expected, atol=5e-4)


@pytest.mark.parametrize("widths", [WIDE, TALL])
def test_weights_are_repetitions(widths: tuple[int, ...]) -> None:
    train, truth = draw(60, widths)
    unseen, unseen_truth = draw(50, widths, seed=1)
    labels, times = truth.argmax(axis=1), np.arange(60) % 3
    validation = unseen, unseen_truth.argmax(axis=1)
    weighted = fit_linear(train, labels, MULTI_CLASS, 3, validation, sample_weight=times)
    repeated = fit_linear([b.repeat(times, axis=0) for b in train], labels.repeat(times), MULTI_CLASS, 3, validation)
    assert weighted.penalty == repeated.penalty
    np.testing.assert_allclose(weighted.predict(unseen), repeated.predict(unseen), atol=1e-4)


def test_products_of_backbones_serve_their_subsets() -> None:
    train, truth = draw(60, WIDE)
    unseen, unseen_truth = draw(50, WIDE, seed=1)
    labels, others = truth.argmax(axis=1), unseen_truth.argmax(axis=1)
    grams = [gram(*pair) for pair in zip(train, unseen, strict=True)]
    for subset in ([0], [1], [0, 1]):
        own, theirs = ([blocks[k] for k in subset] for blocks in (train, unseen))
        alone = fit_linear(own, labels, MULTI_CLASS, 3, (theirs, others))
        shared = fit_linear(own, labels, MULTI_CLASS, 3, (theirs, others), grams=[grams[k] for k in subset])
        np.testing.assert_allclose(alone.predict(theirs), shared.predict(theirs), atol=5e-4)


def test_contributions_and_base_add_up_to_the_decision() -> None:
    train, truth = draw(60, WIDE)
    head = fit_linear(train, truth.argmax(axis=1), MULTI_CLASS, 3, (train, truth.argmax(axis=1)))
    shares = head.contributions(train)
    assert shares.shape == (60, 3, 2)
    np.testing.assert_allclose(head.base(train) + shares.sum(axis=2), head.decision(train), atol=1e-9)
    np.testing.assert_allclose(joined(train) @ head.coef.T + head.intercept, head.decision(train), atol=1e-9)
    np.testing.assert_allclose(shares.mean(axis=0), 0, atol=1e-5)  # counted from the mean of training


def test_labels_are_questions_of_their_own() -> None:
    train, truth = draw(60, WIDE)
    labels = (truth > 0).astype(np.uint8)
    labels[:, 1] = 0
    labels = np.concatenate([labels, np.ones((60, 1), np.uint8)], axis=1)
    head = fit_linear(train, labels, MULTI_LABEL, 4, (train, labels))
    scores = head.predict(train)
    np.testing.assert_array_equal(scores[:, 1], 0)  # a label that nobody has
    np.testing.assert_array_equal(scores[:, 3], 1)  # and one that everybody has
    for label in (0, 2):
        alone = peer(head.penalty).fit(joined(train), labels[:, label]).predict_proba(joined(train))[:, 1]
        np.testing.assert_allclose(scores[:, label], alone, atol=1e-4)


def test_an_absent_class_has_no_probability_and_changes_no_other() -> None:
    train, truth = draw(60, WIDE)
    labels = truth.argmax(axis=1)
    plain = fit_linear(train, labels, MULTI_CLASS, 3, (train, labels))
    found = fit_linear(train, labels + (labels > 0), MULTI_CLASS, 4, (train, labels + (labels > 0))).predict(train)
    np.testing.assert_array_equal(found[:, 1], 0)
    np.testing.assert_allclose(found[:, [0, 2, 3]], plain.predict(train), atol=1e-6)


@pytest.mark.parametrize(("task", "classes", "labels"), [(BINARY, 2, 0), (BINARY, 2, 1), (MULTI_CLASS, 3, 2)])
def test_one_class_is_certain(task: str, classes: int, labels: int) -> None:
    train, _ = draw(8, WIDE)
    found = fit_linear(train, np.full(8, labels), task, classes, (train, np.full(8, labels))).predict(train)
    expected = np.full((8, 1), labels) if task == BINARY else np.eye(classes)[np.full(8, labels)]
    np.testing.assert_array_equal(found, expected)


def finite(head: Linear, blocks: Blocks) -> bool:
    return bool(np.isfinite(head.coef).all() and np.isfinite(head.predict(blocks)).all())


@pytest.mark.parametrize("widths", [WIDE, TALL])
def test_columns_that_say_nothing_and_rows_that_repeat_are_harmless(widths: tuple[int, ...]) -> None:
    blocks, truth = draw(12, widths)
    blocks = [np.concatenate([each, each]) for each in blocks]
    blocks[0][:, 0] = 0.1
    blocks[1][:, 1] = blocks[1][:, 0]
    labels = np.concatenate([truth, truth]).argmax(axis=1)
    head = fit_linear(blocks, labels, MULTI_CLASS, 3, (blocks, labels))
    assert finite(head, blocks)
    np.testing.assert_array_equal(head.coef[:, 0], 0)
    np.testing.assert_allclose(head.coef[:, widths[0]], head.coef[:, widths[0] + 1], rtol=1e-5)


@pytest.mark.parametrize("rows", [2, 3])
def test_an_image_of_each_class_is_enough(rows: int) -> None:
    blocks, _ = draw(rows, WIDE)
    labels = np.arange(rows)
    head = fit_linear(blocks, labels, MULTI_CLASS, rows)
    assert finite(head, blocks)
    np.testing.assert_array_equal(head.predict(blocks).argmax(axis=1), labels)


@pytest.mark.parametrize("widths", [WIDE, TALL])
def test_without_validation_folds_of_training_choose(widths: tuple[int, ...]) -> None:
    train, truth = draw(60, widths)
    labels = truth.argmax(axis=1)
    head = fit_linear(train, labels, MULTI_CLASS, 3)
    assert GRID[0] < head.penalty < GRID[-1]
    again = peer(head.penalty).fit(joined(train), labels)
    np.testing.assert_allclose(head.predict(train), again.predict_proba(joined(train)), atol=1e-4)


def test_threads_change_nothing() -> None:
    train, truth = draw(300, (900, 700))
    labels = truth.argmax(axis=1)
    with threadpool_limits(1):
        alone = fit_linear(train, labels, MULTI_CLASS, 3, (train, labels))
    with threadpool_limits(2):
        np.testing.assert_array_equal(fit_linear(train, labels, MULTI_CLASS, 3, (train, labels)).coef, alone.coef)
