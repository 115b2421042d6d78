"""Errors by severity: their means, and their intervals by the same resamples as everywhere."""

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from fuseboard.leaderboard.boards.snapshot import take
from fuseboard.leaderboard.plots.severity import severity
from fuseboard.leaderboard.robustness.robustness import corruption_boards
from fuseboard.leaderboard.robustness.severity_curves import severity_curves
from fuseboard.store.results.corruption_errors import CLEAN
from fuseboard.store.statistics import resampling
from fuseboard.store.statistics.bootstrap import bootstrap
from fuseboard.store.statistics.corruption_error import intervals
from tests.leaderboard.corrupted import CORRUPTIONS, LABELS, TASK, answers, embed, expose
from tests.leaderboard.plots.test_plots import texts, titles


def curves(store):
    snapshot = take(store.opened)
    (board,) = corruption_boards(snapshot.rows, snapshot.balanced_errors, snapshot.boards, {})
    return severity_curves(board, snapshot.rows, snapshot.corrupted_truths)


def test_an_interval_is_that_of_the_bootstrap():
    scores = answers(3)
    right = ((scores[:, 0] > 0.5) == LABELS).astype(np.float32)[None]
    low, high = intervals(TASK, LABELS, right)[0]
    own = bootstrap(TASK, LABELS, {"row": scores})["row"].balanced_acc.interval()
    assert (1 - high, 1 - low) == pytest.approx((own.low, own.high))


def test_a_mean_over_corruptions_is_resampled_as_one(store):
    embed(store, "alpha")
    said = expose(store, ("alpha",))
    (curve,) = curves(store)
    drawn = np.asarray(resampling.draw(TASK, LABELS).counts, float)
    for severity_, (error, bounds) in enumerate(zip(curve.errors, curve.intervals, strict=True)):
        splits = [f"{name}-{severity_}" for name in CORRUPTIONS] if severity_ else [CLEAN]
        answered = [(said[split][:, 0] > 0.5).astype(int) for split in splits]
        assert error == pytest.approx(1 - np.mean([balanced_accuracy_score(LABELS, each) for each in answered]))
        recalls = [
            (drawn @ (is_own & (each == own))) / (drawn @ is_own)
            for own, is_own in enumerate([LABELS == 0, LABELS == 1])
            for each in answered
        ]
        assert bounds == pytest.approx(tuple(np.quantile(1 - np.mean(recalls, axis=0), [0.025, 0.975])))


def test_subsets_without_a_part_have_a_curve_and_no_band(store):
    embed(store, "alpha", "beta")
    for number, subset in enumerate([("alpha",), ("beta",), ("alpha", "beta")]):
        expose(store, subset, seed=number)
    found = curves(store)
    assert len(found) == 3
    assert {len(curve.subset) for curve in found if curve.bounds is not None} >= {2}
    drawing = severity(found, "x", 0.5)
    assert "fusion of 2" in texts(drawing)
    assert any("severity 3" in title and "95 % interval" in title for title in titles(drawing))


def test_rows_that_kept_no_answers_have_no_band(store):
    embed(store, "alpha")
    expose(store, ("alpha",), keep=("scores",))
    (curve,) = curves(store)
    assert curve.bounds is None
    assert severity((curve,), "x", 0.5) is not None
    assert severity((), "x", 0.5) is None


def test_an_image_that_is_alone_of_its_class_gives_none():
    labels = np.array([0, 0, 0, 1], np.uint16)
    assert intervals(TASK, labels, np.ones((1, 4), np.float32)) is None
