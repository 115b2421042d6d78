"""Stored metrics against their own predictions."""

import numpy as np
import pytest

from fuseboard.leaderboard.regression.metrics import accuracy, auc
from fuseboard.leaderboard.regression.recompute import recompute
from fuseboard.store.results import rows as results


@pytest.fixture
def kept(store):
    """A store with one row pair whose predictions were kept, and a function that stores other metrics for them."""
    labels = np.arange(12, dtype=np.uint16) % 3
    store.embed("alpha", labels=labels)
    scores = np.random.default_rng(3).random((12, 3)).astype(np.float32)
    right = (auc("multi-class", labels, scores.astype(float)), accuracy("multi-class", labels, scores.astype(float)))

    def keep(auc=right[0], acc=right[1], scores=scores):
        store.measure(("alpha",), (auc, acc), (auc, acc), scores=scores.tolist())
        return recompute(store.opened, results.read(store.root, scores=True))

    keep.right = right
    return keep


def test_right_metrics_give_no_finding(kept):
    found = kept()
    assert (found.rows, found.findings) == (2, ())


def test_a_changed_acc_is_found(kept):
    found = kept(acc=0.123)
    assert [finding.what for finding in found.findings] == ["acc", "acc"]
    assert (found.findings[0].before, found.findings[0].is_bad) == (0.123, True)
    assert found.findings[0].about == "tiny test, fusion of alpha (starter)"


def test_a_slightly_changed_auc_is_found(kept):
    found = kept(auc=kept.right[0] + 1e-8)
    assert [finding.what for finding in found.findings] == ["auc", "auc"]


def test_missing_predictions_are_found(kept):
    found = kept(scores=np.ones((11, 3), np.float32))
    assert {finding.what for finding in found.findings} == {"number of predictions"}


def test_rows_without_predictions_are_not_counted(searched):
    assert recompute(searched.opened, results.read(searched.root, scores=True)).rows == 0


def test_labels_that_are_gone_are_a_finding(store):
    store.measure(("gone",), (0.5, 0.5), (0.5, 0.5), scores=[[1.0, 0.0, 0.0]] * 12)
    found = recompute(store.opened, results.read(store.root, scores=True))
    assert len(found.findings) == 2
    assert "cannot be read" in found.findings[0].why


def test_an_empty_store_has_nothing_to_recompute(store):
    assert recompute(store.opened, results.read(store.root, scores=True)).rows == 0
