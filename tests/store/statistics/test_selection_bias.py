"""The winner chosen again: its formula spelled out, what it estimates, and what it costs."""

import tracemalloc
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuseboard.harness.classifiers.metrics import measure
from fuseboard.store.errors import FuseboardError
from fuseboard.store.statistics import weighted_metrics
from fuseboard.store.statistics.selection_bias import win

sklearn = pytest.importorskip("sklearn.metrics")
roc_auc_score = sklearn.roc_auc_score

SUBSETS = [("a",), ("b",), ("a", "b")]


def answers(subsets=3, images=40, seed=0, chance=0.7):
    return (np.random.default_rng(seed).random((subsets, images)) < chance).astype(np.float32)


def test_the_formula_spelled_out():
    given, n, b = answers(), 40, 60
    found = win(SUBSETS, weighted_metrics.mean(given), n, b, seed=3)
    random = np.random.default_rng(3)
    outside, wins = [], []
    for _ in range(b):
        drawn = random.integers(n, size=n)
        scores = [row[drawn].mean() for row in given]
        best = scores.index(max(scores))
        wins.append(best)
        outside.append(given[best][np.setdiff1d(np.arange(n), drawn)].mean())
    assert found.corrected_score == pytest.approx(np.mean(outside))
    assert found.validation_score == pytest.approx(given.mean(axis=1).max())
    assert found.optimism == found.validation_score - found.corrected_score
    assert found.subsets == {s: wins.count(i) / b for i, s in enumerate(SUBSETS) if i in wins}
    assert found.backbones["a"] == pytest.approx(1 - wins.count(1) / b)
    assert (found.candidates, found.images, found.resamples) == (3, 40, 60)
    assert found.interval[0] <= found.corrected_score <= found.interval[1]


def test_of_scores_that_differ_by_rounding_the_first_wins():
    by = np.array([[0.3], [0.1 + 0.2], [0.1]])
    found = win(SUBSETS, lambda counts: np.repeat(by, counts.shape[1], axis=1), 40, 20)
    assert found.chosen == ("a",)
    assert found.subsets == {("a",): 1.0}


def test_optimism_is_right_where_all_subsets_are_equal():
    """200 datasets of 100 images and 31 independent subsets that are right 80 times of 100, whatever is chosen."""
    subsets = [s for k in range(1, 6) for s in combinations("abcde", k)]
    found = [win(subsets, weighted_metrics.mean(answers(31, 100, seed, 0.8)), 100, 100) for seed in range(200)]
    truth = np.mean([each.validation_score for each in found]) - 0.8
    assert truth > 0.06
    assert np.mean([each.optimism for each in found]) == pytest.approx(truth, abs=0.01)


def test_a_clear_winner_always_wins_and_promises_little():
    clear = answers(3, 500, chance=0.5)
    clear[1] = answers(1, 500, 9, 0.95)[0]
    found = win(SUBSETS, weighted_metrics.mean(clear), 500)
    assert found.chosen == ("b",)
    assert found.subsets == {("b",): 1.0}
    assert found.backbones == {"a": 0.0, "b": 1.0}
    assert abs(found.optimism) < 0.002


def test_of_equals_the_first_wins():
    same = np.repeat(answers(1), 3, axis=0)
    assert win(SUBSETS, weighted_metrics.mean(same), 40).subsets == {("a",): 1.0}
    assert win(SUBSETS[::-1], weighted_metrics.mean(same), 40).subsets == {("a", "b"): 1.0}


def test_chunks_change_nothing(monkeypatch):
    whole = win(SUBSETS, weighted_metrics.mean(answers()), 40, 50)
    monkeypatch.setattr("fuseboard.store.statistics.selection_bias.CHUNK", 40 * 7)
    assert win(SUBSETS, weighted_metrics.mean(answers()), 40, 50) == whole


def test_all_subsets_of_nine_on_ten_thousand_images_stay_small():
    many = answers(511, 10_000)
    tracemalloc.start()
    win([(str(i),) for i in range(511)], weighted_metrics.mean(many), 10_000, 1000)
    peak_mb = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    assert peak_mb < 300


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["binary-class", "multi-class", "multi-label, binary-class"]))
def test_scores_on_resampled_images_are_the_official_ones(seed, task):
    random = np.random.default_rng(seed)
    shape, classes = ((30, 4), 4) if task.startswith("multi-label") else (30, 2 if task == "binary-class" else 3)
    labels = random.integers(2 if task != "multi-class" else 3, size=shape)
    scores = random.random((30, classes)).round(1)  # ties
    drawn = random.integers(30, size=30)
    counts = np.bincount(drawn, minlength=30).astype(np.float32)[:, None]
    official = measure(task, labels[drawn], scores[drawn])
    most = labels.shape[1] if labels.ndim == 2 else 1
    acc = weighted_metrics.mean(weighted_metrics.n_correct(task, labels, scores)[None], most)(counts)
    assert acc.item() == pytest.approx(official.acc, abs=1e-12)
    auc = weighted_metrics.auc(task, labels, [scores])(counts).item()
    assert np.isnan(auc) if official.auc is None else auc == pytest.approx(official.auc, abs=1e-12)


def test_an_auc_can_choose_too():
    random = np.random.default_rng(1)
    labels = random.integers(2, size=60)
    scores = [np.clip(labels[:, None] * shift + random.random((60, 1)), 0, 2) for shift in (0.1, 1.2, 0.3)]
    found = win(SUBSETS, weighted_metrics.auc("binary-class", labels, scores), 60, 100)
    assert found.chosen == ("b",)
    assert found.validation_score == pytest.approx(roc_auc_score(labels, scores[1]))


def test_resamples_without_an_auc_are_left_out():
    random = np.random.default_rng(1)
    rare = (np.arange(60) < 3).astype(int)
    found = win([("a",)], weighted_metrics.auc("binary-class", rare, [random.random((60, 1))]), 60, 100)
    assert 30 < found.resamples < 100
    assert 0 <= found.corrected_score <= 1


def test_nothing_to_choose_from():
    with pytest.raises(FuseboardError, match="no subset kept its validation predictions"):
        win([], weighted_metrics.mean(answers(0)), 40)
    one = weighted_metrics.auc("binary-class", np.ones(30, int), [np.random.default_rng(0).random((30, 1))])
    with pytest.raises(FuseboardError, match="no resample of 30 validation images has a score"):
        win([("a",)], one, 30, 10)
