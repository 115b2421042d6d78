"""The board of contributions: Shapley values over datasets, and which of them belong in one mean."""

import pytest

from fuseboard.leaderboard.boards.snapshot import take
from fuseboard.leaderboard.rankings.contributions import contribution_table
from fuseboard.leaderboard.site.build import build
from tests.leaderboard.page import Page

SUBSETS = [("alpha",), ("beta",), ("gamma",), ("alpha", "beta"), ("alpha", "gamma"), ("beta", "gamma")]
WHOLE = ("alpha", "beta", "gamma")


def search(store, dataset, *aucs):
    store.search({s: ((0.7, 0.7), (auc, 0.7)) for s, auc in zip([*SUBSETS, WHOLE], aucs, strict=True)}, dataset)


def test_means_over_datasets_of_one_pool_add_up(store):
    search(store, "breastmnist", 0.6, 0.7, 0.65, 0.8, 0.7, 0.75, 0.9)
    search(store, "octmnist", 0.7, 0.6, 0.8, 0.75, 0.85, 0.8, 0.8)
    found = contribution_table(take(store.opened), "starter")
    assert found.counted == found.datasets == ("octmnist", "breastmnist")
    assert found.totals == pytest.approx({"breastmnist": 0.4, "octmnist": 0.3})
    assert sum(row.auc for row in found.rows) == pytest.approx(found.mean_total) == pytest.approx(0.35)
    aucs = [round(row.auc, 12) for row in found.rows]
    assert aucs == sorted(aucs, reverse=True)
    assert [row.backbone for row in found.rows[1:]] == ["alpha", "beta"], "they are equal but for rounding"
    for row in found.rows:
        assert row.auc == pytest.approx(sum(one.auc for one in row.own.values()) / 2)
        with_each = {
            pair.other: sum(p.auc for one in row.own.values() for p in one.pairs if p.other == pair.other) / 2
            for pair in row.own["octmnist"].pairs
        }
        assert row.partner.auc == pytest.approx(min(with_each.values()))
        assert with_each[row.partner.other] == pytest.approx(row.partner.auc)


def test_another_pool_does_not_count(store, tmp_path):
    search(store, "breastmnist", 0.6, 0.7, 0.65, 0.8, 0.7, 0.75, 0.9)
    pair = dict.fromkeys([("alpha",), ("delta",), ("alpha", "delta")], ((0.7, 0.7), (0.8, 0.7)))
    store.search(pair, "octmnist")
    store.search(
        {s: scores for s, scores in pair.items() if len(s) < 2} | {WHOLE: ((0.7, 0.7), (0.8, 0.7))}, "pathmnist"
    )
    found = contribution_table(take(store.opened), "starter")
    assert (found.pool, found.counted) == (WHOLE, ("breastmnist",))
    delta = found.rows[-1]
    assert (delta.backbone, delta.auc, delta.reason) == ("delta", None, "not in the pool of breastmnist")
    assert list(found.without) == ["pathmnist"]
    build(store.opened, tmp_path / "site")
    page = Page(tmp_path / "site" / "boards/contribution.html").words
    assert "octmnist does not count, because its values are shares among another pool, alpha + delta" in page
    assert "pathmnist has no Shapley values: Shapley values need all" in page
    assert "add up to the AUC of all backbones together less .5" in page


def test_two_sizes_of_the_same_images_are_one_dataset_in_the_means(store):
    search(store, "breastmnist-28", 0.6, 0.7, 0.65, 0.8, 0.7, 0.75, 0.9)
    search(store, "breastmnist-64", 0.6, 0.7, 0.65, 0.8, 0.7, 0.75, 0.8)
    search(store, "octmnist", 0.7, 0.6, 0.8, 0.75, 0.85, 0.8, 0.8)
    found = contribution_table(take(store.opened), "starter")
    assert found.counted == ("octmnist", "breastmnist-64")
    assert found.mean_total == pytest.approx(0.3)
    assert list(found.why_not) == ["breastmnist-28"]
