"""The label from a column alone: scikit-learn's AUC of cross-fitted shares, and what chance makes of it."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.naive_bayes import CategoricalNB

from fuseboard.store.statistics import label_from_column as module
from fuseboard.store.statistics.label_from_column import label_from_column


def drawn(seed, share, rows=200, classes=2):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, rows)
    return np.where(rng.random(rows) < share, labels, rng.integers(0, 3, rows)), labels


def test_a_column_that_tells_the_label_is_alarming():
    found = label_from_column(*drawn(0, 0.6), np.arange(200))
    assert found.is_alarming
    assert found.auc > 0.75 > 0.6 > found.by_chance
    assert found.p == pytest.approx(1 / 1001)


def test_columns_of_chance_are_seldom_alarming():
    p = [label_from_column(*drawn(seed, 0, 90), np.arange(90), permutations=99).p for seed in range(60)]
    assert 0.4 < np.mean(p) < 0.6
    assert sum(one <= 0.1 for one in p) <= 12


def test_the_auc_is_that_of_classes_counted_in_other_folds(monkeypatch):
    seen = []
    real = module._one
    monkeypatch.setattr(module, "_one", lambda *given: seen.append(given) or real(*given))
    values, labels = drawn(4, 0.4)
    found = label_from_column(values, labels, np.arange(200), permutations=1)
    _, _, folds = seen[0]
    assert sorted(np.bincount(folds)) == [40] * 5
    assert np.ptp([labels[folds == fold].sum() for fold in range(5)]) <= 1
    said = np.empty(200)
    for fold in range(5):
        inside = folds == fold
        # with a flat prior and no smoothing, naive Bayes of one column orders images as shares do
        peer = CategoricalNB(alpha=1e-9, min_categories=3).fit(values[~inside, None], labels[~inside])
        said[inside] = peer.predict_proba(values[inside, None])[:, 1]
    assert found.auc == pytest.approx(roc_auc_score(labels, said), abs=0.02)


def test_images_of_a_patient_are_dealt_together():
    rng = np.random.default_rng(6)
    patients = np.repeat(np.arange(12), 30)
    labels, values = rng.integers(0, 2, 12)[patients], rng.integers(0, 2, 12)[patients]
    assert not label_from_column(values, labels, patients).is_alarming, "twelve patients say little"
    found = label_from_column(values, np.where(rng.random(360) < 0.9, values, 1 - values), patients)
    assert found.is_alarming


def test_several_classes_and_labels():
    values, labels = drawn(7, 0.7, classes=3)
    assert label_from_column(values, labels, np.arange(200)).is_alarming
    several = np.stack([labels == 1, labels == 2, np.ones(200, bool)], axis=1).astype(np.uint8)
    assert label_from_column(values, several, np.arange(200)).is_alarming


@pytest.mark.parametrize(
    ("values", "labels", "reason"),
    [([0, 1, 0, 1], [1, 1, 1, 1], "the same labels"), ([2, 2, 2, 2], [0, 1, 0, 1], "the same values")],
)
def test_nothing_to_tell_is_a_reason(values, labels, reason):
    found = label_from_column(np.array(values), np.array(labels), np.arange(4))
    assert found.auc is None
    assert reason in found.reason
    assert not found.is_alarming
