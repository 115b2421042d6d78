import numpy as np
import pytest

from leaderboard import regression
from leaderboard.metrics import accuracy, auc


@pytest.fixture
def kept(store):
    """A store with one row pair whose predictions were kept, and a function that stores other metrics for them."""
    labels = np.arange(12, dtype=np.uint16) % 3
    store.embed("alpha", labels=labels)
    scores = np.random.default_rng(3).random((12, 3)).astype(np.float32)
    right = (auc("multi-class", labels, scores.astype(float)), accuracy("multi-class", labels, scores.astype(float)))

    def keep(auc=right[0], acc=right[1], scores=scores):
        store.measure(("alpha",), (auc, acc), (auc, acc), scores=scores.tolist())
        return regression.check(store.root)

    keep.right = right
    return keep


def test_right_metrics_give_no_finding(kept):
    report = kept()
    assert (report.checked, report.without_scores, report.findings) == (2, 0, ())


def test_a_changed_acc_is_found(kept):
    report = kept(acc=0.123)
    assert [finding.what for finding in report.findings] == ["acc", "acc"]
    assert report.findings[0].stored == 0.123


def test_a_slightly_changed_auc_is_found(kept):
    report = kept(auc=kept.right[0] + 1e-8)
    assert [finding.what for finding in report.findings] == ["auc", "auc"]


def test_missing_predictions_are_found(kept):
    report = kept(scores=np.ones((11, 3), np.float32))
    assert {finding.what for finding in report.findings} == {"number of predictions"}


def test_rows_without_predictions_are_counted(searched):
    report = regression.check(searched.root)
    assert (report.checked, report.without_scores) == (0, 14)


def test_labels_that_are_gone_are_a_finding(store):
    store.measure(("gone",), (0.5, 0.5), (0.5, 0.5), scores=[[1.0, 0.0, 0.0]] * 12)
    report = regression.check(store.root)
    assert len(report.findings) == 2
    assert "labels cannot be read" in report.findings[0].what


def test_an_empty_store_has_nothing_to_check(store):
    assert regression.check(store.root).checked == 0
