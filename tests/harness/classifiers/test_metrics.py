"""Metrics against the official evaluator."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from medmnist import INFO, Evaluator
from medmnist.evaluator import getACC, getAUC
from sklearn.metrics import roc_auc_score

from fuseboard.harness.classifiers.metrics import measure


def random_case(task: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels in which every class occurs, and probabilities with ties."""
    rng = np.random.default_rng(seed)
    rows, classes = int(rng.integers(20, 80)), int(rng.integers(3, 9))
    if task == "multi-label, binary-class":
        labels = rng.integers(0, 2, (rows, classes))
        labels[0], labels[1] = 0, 1
        return labels, rng.random((rows, classes)).round(2)
    classes = 2 if task == "binary-class" else classes
    labels = np.concatenate([np.arange(classes), rng.integers(0, classes, rows - classes)])
    scores = rng.random((rows, classes)).round(1) + 0.01
    scores /= scores.sum(axis=1, keepdims=True)
    return labels, scores[:, -1:] if task == "binary-class" and seed % 2 else scores


@pytest.mark.parametrize("task", ["binary-class", "multi-class", "ordinal-regression", "multi-label, binary-class"])
@given(seed=st.integers(0, 2**32 - 1))
def test_equal_to_the_official_evaluator(task: str, seed: int) -> None:
    labels, scores = random_case(task, seed)
    found = measure(task, labels, scores)
    official = labels if labels.ndim == 2 else labels[:, None]
    assert found.auc == pytest.approx(getAUC(official, scores, task), abs=1e-12)
    assert found.acc == pytest.approx(getACC(official, scores, task), abs=1e-12)
    assert found.reason is None


@pytest.mark.parametrize(
    ("flag", "classes"), [("breastmnist", 2), ("retinamnist", 5), ("bloodmnist", 8), ("chestmnist", 14)]
)
def test_equal_to_the_evaluator_class_on_a_file_of_its_own_form(flag: str, classes: int, tmp_path: Path) -> None:
    rng, rows = np.random.default_rng(classes), 200
    task = INFO[flag]["task"]
    many = task == "multi-label, binary-class"
    labels = rng.integers(0, 2, (rows, classes)) if many else rng.integers(0, classes, (rows, 1))
    np.savez(tmp_path / f"{flag}.npz", test_labels=labels)
    scores = rng.random((rows, classes))
    official = Evaluator(flag, "test", root=str(tmp_path)).evaluate(scores)
    found = measure(task, labels if many else labels[:, 0], scores)
    assert found.auc == pytest.approx(official.AUC, abs=1e-12)
    assert found.acc == pytest.approx(official.ACC, abs=1e-12)


@given(seed=st.integers(0, 2**32 - 1), digits=st.integers(0, 4))
def test_auc_is_that_of_scikit_learn_to_the_last_bit(seed: int, digits: int) -> None:
    """Of few digits many scores are equal; rows that were written before are told from new ones by every bit."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, 2, (int(random.integers(2, 200)), 3))
    truth[:2] = [[0], [1]]
    scores = np.round(random.random(truth.shape), digits).astype(random.choice([np.float32, np.float64]))
    assert measure("multi-label, binary-class", truth, scores).auc == roc_auc_score(truth, scores)


def test_a_missing_class_has_no_auc_but_a_reason() -> None:
    found = measure("multi-class", np.array([0, 1, 0, 1]), np.eye(3)[[0, 1, 0, 2]])
    assert found.auc is None
    assert found.acc == 0.75
    assert "class 2" in str(found.reason)


def test_nan_scores_are_no_metric_and_not_zero() -> None:
    found = measure("binary-class", np.array([0, 1]), np.array([[0.1], [np.nan]]))
    assert (found.auc, found.acc) == (None, None)
    assert "NaN" in str(found.reason)
