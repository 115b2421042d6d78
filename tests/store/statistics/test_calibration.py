"""Calibration against loops that say the definitions, and against scikit-learn's Brier score."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuseboard.store.errors import FuseboardError
from fuseboard.store.statistics.calibration import calibrate

sklearn = pytest.importorskip("sklearn.metrics")
brier_score_loss = sklearn.brier_score_loss

BINARY, SEVERAL = "binary-class", "multi-label, binary-class"


def case(task, seed, images=80):
    """Labels, and probabilities: float32, or for several labels exactly the edges of the bins."""
    random = np.random.default_rng(seed)
    if task == SEVERAL:
        return random.integers(2, size=(images, 3)), np.linspace(0, 1, 16)[random.integers(16, size=(images, 3))]
    if task == BINARY:
        yes = (random.integers(31, size=images) / 30).astype(np.float32)
        return random.integers(2, size=images), np.column_stack([1 - yes, yes])
    scores = random.dirichlet(np.full(4, 0.5), size=images).astype(np.float32)
    return random.integers(4, size=images), scores


def question(labels, yes):
    """Top answer's probability and whether it was right, of a yes-no question."""
    return [(float(p), bool(y)) if p > 0.5 else (1 - float(p), not y) for p, y in zip(yes, labels, strict=True)]


def ece(answers):
    """Guo et al. 2017, equation 3, bin by bin and image by image."""
    total, edges = 0.0, np.linspace(0, 1, 16)
    for low, high in pairwise(edges):
        inside = [(confidence, right) for confidence, right in answers if low < confidence <= high]
        if inside:
            accuracy = sum(right for _, right in inside) / len(inside)
            confidence = sum(confidence for confidence, _ in inside) / len(inside)
            total += len(inside) / len(answers) * abs(accuracy - confidence)
    return total


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([BINARY, "multi-class", "ordinal-regression", SEVERAL]))
def test_both_are_what_their_definitions_say(seed, task):
    labels, scores = case(task, seed)
    found = calibrate(task, labels, {"a": scores})["a"]
    if task == SEVERAL:
        expected = np.mean([ece(question(labels[:, c], scores[:, c])) for c in range(3)])
        brier = np.mean([((scores[:, c] - labels[:, c]) ** 2).mean(dtype=float) for c in range(3)])
    elif task == BINARY:
        expected, brier = ece(question(labels, scores[:, 1])), brier_score_loss(labels, scores[:, 1])
    else:
        right = scores.argmax(axis=1) == labels
        expected = ece([(float(p), bool(r)) for p, r in zip(scores.max(axis=1), right, strict=True)])
        brier = sum(brier_score_loss(labels == c, scores[:, c]) for c in range(4))
    assert found.ece == pytest.approx(expected, abs=1e-12)
    assert found.brier == pytest.approx(brier, abs=1e-7)


def test_one_column_or_two_are_the_same():
    labels, scores = case(BINARY, 0)
    found = calibrate(BINARY, labels, {"two": scores, "one": scores[:, 1:]})
    assert found["one"] == found["two"]


def test_honest_probabilities_are_calibrated():
    random = np.random.default_rng(0)
    scores = random.dirichlet(np.ones(3), size=20_000)
    labels = (random.random((20_000, 1)) > scores.cumsum(axis=1)).sum(axis=1)
    found = calibrate("multi-class", labels, {"honest": scores, "sure": np.eye(3)[scores.argmax(axis=1)]})
    assert found["honest"].ece < 0.02
    assert found["honest"].brier == pytest.approx(1 - (scores**2).sum(axis=1).mean(), abs=0.01)
    assert found["sure"].ece == pytest.approx((scores.argmax(axis=1) != labels).mean())
    assert found["sure"].brier > found["honest"].brier


def test_the_ends():
    labels = np.array([0, 1, 2])
    rows = {"right": np.eye(3), "wrong": np.eye(3)[[1, 2, 0]], "constant": np.full((3, 3), 1 / 3)}
    found = calibrate("multi-class", labels, rows)
    assert (found["right"].ece, found["right"].brier) == (0, 0)
    assert (found["wrong"].ece, found["wrong"].brier) == (1, 2)
    assert found["constant"].ece == pytest.approx(0)
    assert found["constant"].brier == pytest.approx(2 / 3)


def test_a_class_without_images_changes_nothing():
    found = calibrate(BINARY, np.ones(4, int), {"a": np.full((4, 1), 0.8)})["a"]
    assert (found.ece, found.brier) == (pytest.approx(0.2), pytest.approx(0.04))


def test_what_is_no_probability():
    labels = np.array([0, 1])
    with pytest.raises(FuseboardError, match=r"row a: scores from 0\.5 to 1\.5 are no probabilities"):
        calibrate(BINARY, labels, {"a": np.array([[0.5], [1.5]])})
    with pytest.raises(FuseboardError, match=r"add up to 1 only within 0\.2"):
        calibrate("multi-class", labels, {"a": np.array([[0.5, 0.5], [0.6, 0.6]])})
    with pytest.raises(FuseboardError, match="row a: 1 scores are NaN"):
        calibrate(BINARY, labels, {"a": np.array([[0.5], [np.nan]])})
    with pytest.raises(FuseboardError, match="for 2 labels"):
        calibrate(BINARY, labels, {"a": np.array([[0.5]])})
