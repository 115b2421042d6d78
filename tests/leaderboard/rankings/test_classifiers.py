"""The board of classifiers: roles under each, settings that validation prefers, and how far two agree."""

import pytest

from fuseboard.leaderboard.boards.snapshot import take
from fuseboard.leaderboard.rankings.classifiers import classifier_tables
from fuseboard.leaderboard.rows.domains import Domains
from fuseboard.leaderboard.site.build import build
from tests.leaderboard.page import Page

A, B, C = ("alpha",), ("beta",), ("gamma",)
AB, AC, BC, ABC = ("alpha", "beta"), ("alpha", "gamma"), ("beta", "gamma"), ("alpha", "beta", "gamma")
SUBSETS = (A, B, C, AB, AC, BC, ABC)
TREES = (0.60, 0.61, 0.62, 0.63, 0.64, 0.65, 0.66)


def search(store, aucs, accs=(0.7, 0.71, 0.72, 0.73, 0.74, 0.75, 0.76), dataset="breastmnist", **changes):
    store.search(
        {s: ((0.7, acc), (auc, 0.5)) for s, auc, acc in zip(SUBSETS, aucs, accs, strict=True)}, dataset, **changes
    )


def ridge(store, aucs, accs=(0.76, 0.75, 0.74, 0.73, 0.72, 0.71, 0.70), **changes):
    search(store, aucs, accs, protocol="linear-2026", protocol_digest="d2", classifier="ridge", **changes)


def test_every_classifier_has_its_own_choice_all_and_best_single(store):
    search(store, TREES)
    ridge(store, TREES[::-1])
    (one,) = classifier_tables(take(store.opened).rows, Domains())
    assert one.pool == ABC
    by_ridge, by_trees = one.rows
    assert (by_ridge.title, by_trees.title) == ("ridge", "trees")
    assert {role: cell.subset for role, cell in by_trees.cells.items()} == {
        "chosen": ABC, "all backbones": ABC, "best single": C,
    }  # fmt: skip
    assert by_trees.cells["best single"].auc == 0.62
    assert {role: cell.subset for role, cell in by_ridge.cells.items()} == {
        "chosen": A, "all backbones": ABC, "best single": A,
    }  # fmt: skip
    assert one.best == ("trees",)
    (pair,) = one.agreements
    assert (pair.subsets, pair.rho) == (7, pytest.approx(-1))


def test_a_grid_stands_with_the_setting_that_validation_prefers(store):
    search(store, TREES)
    shared = {"evaluation": "knn", "dataset": "breastmnist", "protocol_digest": "d3"}
    for k, val, test in ((5, 0.8, 0.55), (9, 0.9, 0.52)):
        store.measure(ABC, (0.7, val), (test, 0.5), classifier=f"knn k={k}", **shared)
    (one,) = classifier_tables(take(store.opened).rows, Domains())
    neighbours = next(row for row in one.rows if row.title == "kNN")
    assert neighbours.cells["all backbones"].auc == 0.52
    assert neighbours.cells["best single"] is None
    assert one.agreements == (), "one subset in common says nothing of an order"


def test_trees_of_two_protocols_and_their_votes_are_told_apart(store):
    search(store, TREES)
    search(store, TREES[::-1], protocol="biofuse-2026", protocol_digest="d4")
    search(store, TREES, evaluation="late", fusion="soft-vote")
    (one,) = classifier_tables(take(store.opened).rows, Domains())
    assert {row.title for row in one.rows} == {"trees (biofuse-2026)", "trees (starter)", "vote of trees"}


def test_rows_that_nothing_can_be_chosen_by_are_no_classifier(store):
    search(store, TREES)
    store.measure(ABC, (None, None), (0.9, 0.9), "breastmnist", protocol="linear-2026", classifier="ridge")
    assert classifier_tables(take(store.opened).rows, Domains()) == ()


def test_equal_aucs_have_no_order_to_agree_on(store):
    search(store, TREES)
    ridge(store, (0.5,) * 7)
    (one,) = classifier_tables(take(store.opened).rows, Domains())
    assert one.agreements[0].rho is None


def test_one_classifier_alone_is_no_comparison(store, tmp_path):
    search(store, TREES)
    assert classifier_tables(take(store.opened).rows, Domains()) == ()
    build(store.opened, tmp_path / "site")
    assert (
        "No dataset has been measured under two classifiers yet"
        in Page(tmp_path / "site" / "boards/classifiers.html").words
    )


def test_the_page_says_what_was_measured(store, tmp_path):
    search(store, TREES)
    ridge(store, TREES[::-1])
    build(store.opened, tmp_path / "site")
    page = Page(tmp_path / "site" / "boards/classifiers.html").words
    assert "With all 3 backbones of the pool the highest test AUC" in page
    assert ".660" in page
