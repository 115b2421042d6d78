"""Calibration against scikit-learn, and that it is left alone where it does not help."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit, logit, softmax
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from fuseboard.harness.classifiers.metrics import log_loss
from fuseboard.harness.classifiers.tasks import REGRESSION
from fuseboard.harness.fusion import calibration
from fuseboard.store.arrays import BINARY, MULTI_CLASS, MULTI_LABEL
from fuseboard.store.statistics.calibration import calibrate

Drawn = tuple[NDArray[np.int64], NDArray[np.float64]]


def classes(rows: int, factor: float, seed: int = 0) -> Drawn:
    """Classes drawn by their true probabilities, and probabilities whose log-odds are so many times too large."""
    random = np.random.default_rng(seed)
    logits = random.normal(size=(rows, 3)) * 1.5
    labels = (softmax(logits, axis=1).cumsum(axis=1) < random.random((rows, 1))).sum(axis=1)
    return labels, softmax(factor * logits, axis=1)


def bent(rows: int, seed: int = 0) -> Drawn:
    """Answers whose true probability is not a temperature's function of the given one."""
    random = np.random.default_rng(seed)
    given = random.random(rows)
    return (random.random(rows) < 0.1 + 0.5 * (given > 0.7)).astype(int), given[:, None]


def test_a_head_too_sure_of_itself_is_cooled() -> None:
    labels, scores = classes(2_000, 3.0)
    found = calibration.fit(MULTI_CLASS, labels, scores)
    assert found.method == "temperature"
    assert found.temperature == pytest.approx(3.0, rel=0.1)
    assert found.before is not None
    assert found.after is not None
    unseen, others = classes(2_000, 3.0, seed=1)
    calibrated = found.apply(others)
    assert calibrated.dtype == np.float32
    np.testing.assert_allclose(calibrated.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(calibrated.argmax(axis=1), others.argmax(axis=1))
    assert log_loss(MULTI_CLASS, unseen, calibrated) == pytest.approx(found.after.log_loss, rel=0.1)
    assert calibrate(MULTI_CLASS, unseen, {"": calibrated})[""].ece < found.before.ece / 3


def test_the_temperature_is_scikit_learns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "MIN_ISOTONIC", np.inf)
    random = np.random.default_rng(0)
    rows, truth = random.normal(size=(2_000, 4)), random.integers(0, 3, 2_000)
    rows[:, :3] += 0.5 * np.eye(3)[truth]
    overfit = LogisticRegression(C=1e6).fit(rows[:40], truth[:40])
    peer = CalibratedClassifierCV(FrozenEstimator(overfit), method="temperature").fit(rows[40:], truth[40:])
    found = calibration.fit(MULTI_CLASS, truth[40:], overfit.predict_proba(rows[40:]))
    assert found.method == "temperature"
    np.testing.assert_allclose(found.apply(overfit.predict_proba(rows)), peer.predict_proba(rows), atol=2e-3)


@pytest.mark.parametrize("columns", [1, 2])
def test_curves_are_scikit_learns_isotonic_regression(columns: int) -> None:
    labels, given = bent(2_000)
    scores = given if columns == 1 else np.concatenate([1 - given, given], axis=1)
    found = calibration.fit(BINARY, labels, scores)
    assert found.method == "isotonic"
    yes, no = labels.sum(), (1 - labels).sum()
    targets = np.where(labels, (yes + 1) / (yes + 2), 1 / (no + 2))
    peer = IsotonicRegression(out_of_bounds="clip").fit(given[:, 0], targets)
    unseen = np.linspace(0, 1, 100)[:, None]
    calibrated = found.apply(unseen if columns == 1 else np.concatenate([1 - unseen, unseen], axis=1))
    np.testing.assert_allclose(calibrated[:, 1], peer.predict(unseen[:, 0]), atol=1e-3)
    np.testing.assert_allclose(calibrated.sum(axis=1), 1, rtol=1e-6)


def test_curves_of_several_classes_add_up() -> None:
    labels, scores = classes(3_000, 1.0)
    scores = scores**2 / (scores**2).sum(axis=1, keepdims=True) * 0.5 + 0.5 * np.eye(3)[0]  # all lean to class 0
    found = calibration.fit(MULTI_CLASS, labels, scores)
    assert found.method == "isotonic"
    assert found.after.log_loss < found.before.log_loss  # type: ignore[union-attr]
    np.testing.assert_allclose(found.apply(scores).sum(axis=1), 1, rtol=1e-6)


def test_what_is_right_stays() -> None:
    labels, scores = classes(200, 1.0)
    found = calibration.fit(MULTI_CLASS, labels, scores)
    assert found.method in ("none", "temperature")
    assert found.after.log_loss <= found.before.log_loss  # type: ignore[union-attr]
    if found.method == "temperature":
        assert found.temperature == pytest.approx(1, abs=0.2)


def test_few_images_calibrate_nothing() -> None:
    labels, scores = classes(29, 5.0)
    found = calibration.fit(MULTI_CLASS, labels, scores)
    assert (found.method, found.images) == ("none", 29)
    assert found.before == found.after
    np.testing.assert_allclose(found.apply(scores), scores, rtol=1e-6)


def test_curves_want_two_hundred_images() -> None:
    labels, given = bent(199)
    assert calibration.fit(BINARY, labels, given).method != "isotonic"


def test_labels_share_a_temperature() -> None:
    random = np.random.default_rng(0)
    logits = random.normal(size=(1_000, 4))
    labels = (random.random((1_000, 4)) < expit(logits)).astype(int)
    found = calibration.fit(MULTI_LABEL, labels, expit(2 * logits))
    assert found.method == "temperature"
    np.testing.assert_allclose(
        logit(found.apply(expit(2 * logits)).astype(float)), 2 * logits / found.temperature, atol=1e-4
    )


def test_images_without_a_mistake_make_nobody_certain() -> None:
    labels = np.arange(60) % 2
    found = calibration.fit(BINARY, labels, np.where(labels, 0.9, 0.1)[:, None])
    assert found.apply(np.array([[0.9]]))[0, 1] < 0.995


def test_what_cannot_be_stays_so() -> None:
    labels, scores = classes(500, 3.0)
    impossible = np.concatenate([scores, np.zeros((500, 1))], axis=1)
    found = calibration.fit(MULTI_CLASS, labels, impossible)
    assert found.method == "temperature"
    np.testing.assert_array_equal(found.apply(impossible)[:, 3], 0)


@pytest.mark.parametrize("rows", [1, 40, 400])
@pytest.mark.parametrize(("task", "width"), [(BINARY, 1), (BINARY, 2), (MULTI_CLASS, 3), (MULTI_LABEL, 3)])
@pytest.mark.parametrize("score", [0.0, 0.5, 1.0])
def test_one_answer_only_is_finite(rows: int, task: str, width: int, score: float) -> None:
    labels = np.zeros((rows, width), int) if task == MULTI_LABEL else np.zeros(rows, int)
    scores = np.full((rows, width), score)
    if task == MULTI_CLASS or width == 2:
        scores = np.full((rows, width), (1 - score) / (width - 1))
        scores[:, 0] = score
    found = calibration.fit(task, labels, scores).apply(scores)
    assert np.isfinite(found).all()
    if task != MULTI_LABEL:
        np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-6)


def test_numbers_are_left_alone() -> None:
    found = calibration.fit(REGRESSION, np.arange(5.0), np.array([[1e6], [2], [3], [4], [-5]]))
    assert found.method == "none"
    np.testing.assert_array_equal(found.apply(np.array([[1e6], [-3.0]])), np.array([[1e6], [-3]], np.float32))
