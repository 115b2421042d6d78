"""Derived versions are no backbones: alone they are in no ranking, mean, answer or count."""

import pytest

from fuseboard.leaderboard.boards.snapshot import take
from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.context.coverage import coverage
from fuseboard.leaderboard.context.providers import no_providers
from fuseboard.leaderboard.rankings.compared import compared_rows
from fuseboard.leaderboard.rankings.fusions import fusions
from fuseboard.leaderboard.rankings.singles import singles

SMALLER = "alpha-pca64-int8"
SEARCH = {
    ("alpha",): ((0.7, 0.7), (0.8, 0.7)),
    ("beta",): ((0.7, 0.6), (0.7, 0.7)),
    ("alpha", "beta"): ((0.7, 0.8), (0.85, 0.7)),
}


@pytest.fixture
def measured(store):
    """Two backbones and a derived version of one, which scores more than everything else."""
    store.search(SEARCH, "breastmnist")
    store.measure((SMALLER,), (0.9, 0.9), (0.99, 0.9), dataset="breastmnist")
    return store


def of(store):
    return SiteContext(take(store.opened), (), no_providers(), "https://example.org/")


def test_alone_it_is_ranked_chosen_and_counted_nowhere(measured):
    site = of(measured)
    snapshot = site.snapshot
    assert snapshot.derived == {SMALLER}
    assert [row.name for row in singles(snapshot, "starter").rows] == ["alpha", "beta"]
    assert site.answers.models == {"alpha", "beta"}
    assert site.answers.choices["breastmnist"].answer.best[0] == "alpha"
    chosen = next(row for row in fusions(snapshot, "starter").rows if row.name == "chosen")
    assert chosen.scores["breastmnist"].subset == ("alpha", "beta")
    (board,) = snapshot.boards
    assert (board.measured, board.possible) == (3, 3)
    assert set(coverage(snapshot, ()).cells) == {"alpha", "beta"}
    assert SMALLER not in {row.name for row in compared_rows(snapshot, "starter")}


def test_its_rows_stay_where_rows_are_listed(measured):
    assert [SMALLER] in of(measured).snapshot.rows["subset"].to_list()


def test_a_search_that_joins_it_keeps_its_subsets(measured):
    measured.measure((SMALLER, "beta"), (0.9, 0.95), (0.9, 0.9), dataset="breastmnist")
    snapshot = of(measured).snapshot
    (board,) = snapshot.boards
    assert {(SMALLER,), (SMALLER, "beta")} <= {entry.subset for entry in board.entries}
    assert [row.name for row in singles(snapshot, "starter").rows] == ["alpha", "beta"]


def test_a_backbone_that_is_only_called_so_is_one(store):
    store.search(SEARCH, "breastmnist")
    store.measure(("gamma-int8",), (0.9, 0.9), (0.99, 0.9), dataset="breastmnist")  # there is no gamma
    store.embed("alpha-binary", "breastmnist")  # whose manifest says that it was made of images
    assert of(store).snapshot.derived == frozenset()
