"""Other methods on the same embeddings: which rows stand for them, and how they are held against the chosen subset."""

import numpy as np
import pytest

from fuseboard.leaderboard.boards.snapshot import take
from fuseboard.leaderboard.site.build import build
from fuseboard.store.statistics.bootstrap import bootstrap
from fuseboard.store.statistics.test_metrics import mean, measure
from tests.leaderboard.predicted import LABELS, NAMES, TASK, keep, said


def methods(store):
    return take(store.opened).board_uncertainties["tiny", "starter"].methods


def probe(store, subset, number, setting, val, **changes):
    own = {"evaluation": "linear-probe", "classifier": f"linear-probe C={setting}", "protocol_digest": f"p{setting}"}
    keep(store, subset, said(number), val=val, **own, **changes)


def test_none_where_nothing_else_was_measured(predicted):
    assert methods(predicted) == ()


def test_the_setting_that_won_on_validation_stands_for_an_evaluation(predicted):
    probe(predicted, ("alpha",), 11, 0.1, val=0.8)
    probe(predicted, ("beta",), 12, 1, val=0.9)
    # Lost on validation, so without predictions, however good on test.
    lost = {"evaluation": "linear-probe", "classifier": "linear-probe C=10", "protocol_digest": "p10"}
    predicted.measure(("beta",), (0.5, 0.5), (0.99, 0.99), **lost)
    (method,) = methods(predicted)
    assert (method.subset, method.classifier) == (("beta",), "linear-probe C=1")
    direct = bootstrap(TASK, LABELS, {"way": said(12), "chosen": said(2)})
    assert method.uncertainty.auc == direct["way"].auc.interval()
    assert method.uncertainty.minus_chosen.acc == direct["way"].acc.minus(direct["chosen"].acc)


def test_where_no_setting_kept_predictions_validation_decides(predicted):
    for setting, val in ((1, 0.6), (3, 0.9), (5, 0.7)):
        own = {"evaluation": "knn", "classifier": f"knn k={setting}", "protocol_digest": f"k{setting}"}
        predicted.measure(NAMES, (val, val), (0.5, 0.5), **own)
    (method,) = methods(predicted)
    assert (method.classifier, method.uncertainty, method.no_uncertainty) == (
        "knn k=3",
        None,
        "predictions were not kept",
    )
    assert method.acc_interval is not None


def test_tuned_rows_are_means_over_seeds(predicted):
    for seed in (1, 2, 3):
        keep(predicted, NAMES, said(20 + seed), evaluation="tuned", seed=seed, protocol="starter-trials2")
    (method,) = methods(predicted)
    direct = bootstrap(TASK, LABELS, {seed: said(20 + seed) for seed in (1, 2, 3)})
    draws = np.mean([one.auc.resampled for one in direct.values()], axis=0)
    assert method.seeds == (1, 2, 3)
    assert method.uncertainty.auc.value == pytest.approx(np.mean([one.auc.value for one in direct.values()]))
    assert (method.uncertainty.auc.low, method.uncertainty.auc.high) == pytest.approx(
        tuple(np.quantile(draws, [0.025, 0.975]))
    )


def test_the_mean_of_one_row_thrice_is_that_row():
    one = measure(TASK, LABELS, {"a": said(0)})["a"]
    thrice = mean([one] * 3)
    assert thrice.auc.interval().low == pytest.approx(one.auc.interval().low)
    assert thrice.delong.minus(one.delong).p == 1
    assert (thrice.ece, thrice.brier) == pytest.approx((one.ece, one.brier))


@pytest.mark.parametrize(
    "other", [{"protocol": "another"}, {"source_md5": "1" * 32}, {"seed": 7}, {"revisions": {"alpha": 2}}]
)
def test_rows_of_other_protocols_images_seeds_or_versions_are_no_way(predicted, other):
    probe(predicted, ("alpha",), 11, 1, val=0.8, **other)
    assert methods(predicted) == ()


def test_they_are_on_the_page_and_in_no_ranking(predicted, tmp_path):
    probe(predicted, ("alpha",), 11, 1, val=0.99)
    (board,) = take(predicted.opened).boards
    assert board.measured == 3
    build(predicted.opened, tmp_path / "site")
    page = (tmp_path / "site" / "datasets/tiny.html").read_text()
    assert "Other methods on the same embeddings" in page
    assert "linear-probe C=1" in page
