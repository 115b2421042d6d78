"""Kernels: leave-one-out against literal refits, the sum of kernels against joined features, and what rank says."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import Ridge
from sklearn.metrics import accuracy_score
from sklearn.preprocessing import KernelCenterer

from fuseboard.harness.search import kernel_ridge

MULTI = "multi-label, binary-class"


def block(rows: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(3, 2, (rows, width)).astype(np.float32)


def refit(kernel: np.ndarray, targets: np.ndarray, ridge: float) -> np.ndarray:
    """Every row predicted by scikit-learn from the others, whose own means centre kernel and targets."""
    predictions = np.empty_like(targets)
    for i in range(len(kernel)):
        rest = np.arange(len(kernel)) != i
        centre = KernelCenterer().fit(kernel[np.ix_(rest, rest)])
        model = KernelRidge(alpha=ridge, kernel="precomputed")
        model.fit(centre.transform(kernel[np.ix_(rest, rest)]), targets[rest] - targets[rest].mean(axis=0))
        predictions[i] = model.predict(centre.transform(kernel[i, rest][None]))[0] + targets[rest].mean(axis=0)
    return predictions


@settings(max_examples=15, deadline=None)
@given(st.integers(5, 25), st.integers(1, 40), st.integers(1, 3), st.sampled_from([1e-2, 0.3, 5.0]), st.integers(0, 99))
def test_leave_one_out_is_what_leaving_out_gives(rows: int, width: int, classes: int, ridge: float, seed: int) -> None:
    kernel = kernel_ridge.centred_kernel(block(rows, width, seed)).astype(np.float64)
    targets = np.random.default_rng(seed).normal(1, 1, (rows, classes))
    found = kernel_ridge.leave_one_out(kernel, targets, ridge)
    np.testing.assert_allclose(found, refit(kernel, targets, ridge), rtol=0, atol=1e-8)


def test_it_is_ridge_regression_on_the_joined_features() -> None:
    features, targets = block(20, 6).astype(np.float64), np.random.default_rng(0).normal(size=(20, 1))
    found = kernel_ridge.leave_one_out(features @ features.T, targets, 0.7)
    for i in range(20):
        rest = np.arange(20) != i
        model = Ridge(alpha=0.7).fit(features[rest], targets[rest])
        assert found[i] == pytest.approx(model.predict(features[i][None])[0], abs=1e-8)


def test_the_sum_of_kernels_is_the_kernel_of_joined_features() -> None:
    blocks = [block(30, 7), 100 * block(30, 40, 1), block(30, 3, 2) - 50]
    scaled = []
    for each in blocks:
        centred = each.astype(np.float64) - each.astype(np.float64).mean(axis=0)
        scaled.append(centred * np.sqrt(30 / np.trace(centred @ centred.T) / 3))
    joined = np.hstack(scaled)
    found = kernel_ridge.fused([kernel_ridge.centred_kernel(each) for each in blocks])
    np.testing.assert_allclose(found, joined @ joined.T, atol=1e-5)
    assert np.trace(found) == pytest.approx(30, rel=1e-5)


def test_float32_ranks_as_float64_does() -> None:
    kernel = kernel_ridge.centred_kernel(block(200, 900))
    targets = np.random.default_rng(0).normal(size=(200, 2))
    rough = kernel_ridge.leave_one_out(kernel, targets.astype(np.float32), kernel_ridge.RIDGES[0])
    exact = kernel_ridge.leave_one_out(kernel.astype(np.float64), targets, kernel_ridge.RIDGES[0])
    np.testing.assert_allclose(rough, exact, atol=1e-3)


def test_what_carries_the_label_ranks_above_noise() -> None:
    random = np.random.default_rng(0)
    labels = random.integers(3, size=150)
    good = np.eye(3)[labels].repeat(4, axis=1) + random.normal(0, 0.5, (150, 12))
    blocks = {"good": good.astype(np.float32), "noise": block(150, 60), "noise-b": block(150, 60, 1)}
    for metric in ("acc", "auc", "r2"):
        found = kernel_ridge.scores(blocks, labels, "multi-class", 3, metric)  # type: ignore[arg-type]
        assert max(found, key=found.__getitem__) == ("good",)
        assert set(found) == {s for k in (1, 2, 3) for s in combinations(sorted(blocks), k)}
    assert kernel_ridge.scores(blocks, labels, "multi-class", 3)["noise",] < 0.5


def test_accuracy_is_that_of_literal_refits() -> None:
    random = np.random.default_rng(1)
    labels = random.integers(2, size=40)
    features = (labels[:, None] + random.normal(0, 0.8, (40, 10))).astype(np.float32)
    kernel = kernel_ridge.centred_kernel(features).astype(np.float64)
    hot = np.eye(2)[labels]
    best = []
    for ridge in kernel_ridge.RIDGES:
        left_out = refit(kernel, hot, ridge)
        best.append((np.square(left_out - hot).mean(), accuracy_score(labels, left_out.argmax(axis=1))))
    assert kernel_ridge.scores({"a": features}, labels, "binary-class", 2) == {("a",): pytest.approx(min(best)[1])}


def test_several_labels_and_what_is_constant() -> None:
    random = np.random.default_rng(0)
    labels = (random.random((80, 3)) < 0.4).astype(np.uint8)
    labels[:, 2] = 0
    good = (labels[:, :2].repeat(5, axis=1) + random.normal(0, 0.3, (80, 10))).astype(np.float32)
    blocks = {"constant": np.ones((80, 4), np.float32), "good": good}
    found = kernel_ridge.scores(blocks, labels, MULTI, 3)
    assert found["good",] > 0.9 > found["constant",]
    assert all(np.isfinite(value) for value in found.values())
    assert kernel_ridge.scores(blocks, labels, MULTI, 3, "auc")["good",] == float("-inf"), "one label is never there"


def test_the_draw_is_stratified_and_fixed() -> None:
    labels = np.repeat([0, 1, 2, 3], [700, 250, 49, 1])
    found = kernel_ridge.draw(labels, 100, 0)
    assert np.bincount(labels[found]).tolist() == [70, 25, 5, 1]
    assert (np.diff(found) > 0).all()
    np.testing.assert_array_equal(found, kernel_ridge.draw(labels, 100, 0))
    assert kernel_ridge.draw(labels, 5000, 0).tolist() == list(range(1000))
    assert len(kernel_ridge.draw(np.zeros((300, 14), np.uint8), 100, 0)) == 100


def test_fewer_rows_than_classes_and_one_class() -> None:
    blocks = {"a": block(4, 3), "b": block(4, 5, 1)}
    few = kernel_ridge.scores(blocks, np.array([0, 4, 7, 9]), "multi-class", 10)
    assert set(few.values()) == {0.0}, "no class has a second image"
    assert set(kernel_ridge.scores(blocks, np.zeros(4, int), "multi-class", 2).values()) == {1.0}
