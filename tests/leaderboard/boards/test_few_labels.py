"""The board of few labels: curves of the largest pool, and what a backbone is worth."""

import pytest

from fuseboard.leaderboard.boards.few_labels import few_label_tables
from fuseboard.leaderboard.boards.snapshot import take
from fuseboard.leaderboard.site.build import build
from tests.leaderboard.page import Page

ALPHA, BETA, BOTH = ("alpha",), ("beta",), ("alpha", "beta")
SIZES = (2, 20, 200)


def measure(store, subset, aucs, dataset="breastmnist", draws=3):
    """Rows of some draws, the last size being all images."""
    rows = []
    for images, auc in zip(SIZES, aucs, strict=True):
        for draw in range(draws if images != SIZES[-1] else 1):
            rows.append(
                {
                    "subset": subset,
                    "split": "test",
                    "metrics": (auc, 0.5),
                    "dataset": dataset,
                    "evaluation": "few-labels",
                    "protocol": "linear-2026",
                    "protocol_digest": f"{images}-{draw}",
                    "classifier": f"ridge n={images // 2}",
                    "seed": 42 + draw,
                    "params": {"per_class": images // 2, "images": images},
                }
            )
    store.keep_together(*rows)


def test_curves_of_the_pool_and_what_each_is_worth(store, tmp_path):
    measure(store, ALPHA, (0.5, 0.6, 0.7))
    measure(store, BETA, (0.5, 0.7, 0.75))
    measure(store, BOTH, (0.6, 0.7, 0.8))
    (one,) = few_label_tables(take(store.opened))
    assert (one.pool, one.draws, one.images) == (BOTH, 3, SIZES)
    assert list(one.curves) == [BOTH, BETA, ALPHA]
    assert one.best_single == BETA
    assert [answer.images for answer in one.worth["beta"]] == pytest.approx([18, 180]), "alpha needs ten times as many"
    build(store.opened, tmp_path / "site")
    page = Page(tmp_path / "site" / "boards/few-labels.html").words
    assert "+18" in page
    assert "+180" in page
    assert "all 2 of the pool .600" in page
    assert (tmp_path / "site/data/worth-in-labels.csv").is_file()


def test_single_backbones_need_no_fusion(store):
    measure(store, ALPHA, (0.5, 0.6, 0.7))
    (one,) = few_label_tables(take(store.opened))
    assert (one.pool, one.fused, dict(one.worth)) == ((), None, {})


def test_a_size_without_auc_is_said_to_have_none(store, tmp_path):
    measure(store, ALPHA, (None, 0.6, 0.7))
    measure(store, BETA, (0.5, 0.6, 0.7))
    (one,) = few_label_tables(take(store.opened))
    assert one.curves[ALPHA].images == SIZES[1:]
    build(store.opened, tmp_path / "site")
    assert "a draw has no AUC" in (tmp_path / "site" / "boards/few-labels.html").read_text()


def test_nothing_measured_is_one_sentence(store, tmp_path):
    build(store.opened, tmp_path / "site")
    assert "No curve has been measured yet" in Page(tmp_path / "site" / "boards/few-labels.html").words
