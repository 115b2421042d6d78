import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuseboard.leaderboard.regression.metrics import accuracy, auc, rank_auc

pairs = st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=1, max_size=40)


@given(pairs)
def test_auc_is_the_share_of_pairs_in_the_right_order(rows):
    positive, scores = np.array([p for p, _ in rows]), np.array([s / 5 for _, s in rows])
    selection_frequency = [(a > b) + 0.5 * (a == b) for a in scores[positive] for b in scores[~positive]]
    found = rank_auc(positive, scores)
    assert found is None if not selection_frequency else found == pytest.approx(np.mean(selection_frequency), abs=1e-12)


@pytest.mark.parametrize(
    ("flag", "task", "classes"),
    [
        ("breastmnist", "binary-class", 2),
        ("bloodmnist", "multi-class", 8),
        ("chestmnist", "multi-label, binary-class", 14),
    ],
)
def test_both_metrics_are_those_of_the_official_evaluator(flag, task, classes):
    medmnist = pytest.importorskip("medmnist.evaluator", reason="medmnist is not installed")
    rng = np.random.default_rng(0)
    if task.startswith("multi-label"):
        labels, scores = rng.integers(0, 2, (200, classes)), rng.random((200, classes)).round(2)
    else:
        labels = rng.integers(0, classes, 200)
        scores = rng.random((200, classes)).round(2)
        scores /= scores.sum(axis=1, keepdims=True)
    truth = labels if labels.ndim == 2 else labels[:, None]
    assert auc(task, labels, scores) == pytest.approx(medmnist.getAUC(truth, scores, task), abs=1e-12)
    assert accuracy(task, labels, scores) == pytest.approx(medmnist.getACC(truth, scores, task), abs=1e-12)
    if task == "binary-class":
        assert auc(task, labels, scores[:, 1:]) == auc(task, labels, scores)
        assert accuracy(task, labels, scores[:, 1:]) == accuracy(task, labels, scores)


def test_an_absent_class_leaves_no_auc():
    assert auc("multi-class", np.array([0, 0, 1]), np.eye(3)) is None
