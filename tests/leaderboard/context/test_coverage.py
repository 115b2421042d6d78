"""Coverage: every backbone on every dataset is a cell, and an empty one is a gap that is named."""

from fuseboard.leaderboard.boards.snapshot import take
from fuseboard.leaderboard.context.coverage import coverage
from fuseboard.store.store import Store
from tests.leaderboard.built import built

SCORES = (0.8, 0.7)


def filled(store):
    """Two backbones on one dataset, one of them on another, a third embedded only."""
    store.measure(("alpha",), SCORES, SCORES, "breastmnist-64")
    store.measure(("beta",), SCORES, SCORES, "breastmnist-64")
    store.measure(("alpha",), SCORES, SCORES, "octmnist")
    store.embed("gamma", "octmnist")
    store.measure(("alpha.random",), SCORES, SCORES, "octmnist")
    store.measure(("alpha",), SCORES, SCORES, "digits")
    return store


def test_cells_are_counted_by_what_is_missing_in_them(store):
    found = coverage(take(filled(store).opened), ["alpha", "alpha.random", "delta.random"])
    assert (list(found.cells), found.datasets) == (["alpha", "beta", "gamma"], ("octmnist", "breastmnist-64"))
    assert [(state, found.count(state)) for state in ("measured", "embedded", "missing")] == [
        ("measured", 3),
        ("embedded", 1),
        ("missing", 2),
    ]
    assert found.sentence == (
        "3 of 6 cells are measured: 3 backbones on 2 datasets; 1 embedded and not measured and 2 not embedded."
    )
    assert found.cards == ("delta",)
    assert len(found.sources) == 10
    assert "breastmnist" not in found.sources
    assert found.cells["alpha"]["octmnist"].protocols == ("starter",)


def test_every_gap_is_named_and_nothing_is_called_complete(store):
    page = built(filled(store), "coverage")["coverage.html"]
    assert "3 of 6 cells are measured" in page.words
    assert "not embedded: beta" in page.words
    assert "fuseboard extract gamma --dataset breastmnist-64" in page.words
    assert "embedded but not searched: gamma" in page.words
    assert "Nothing: every" not in page.words
    assert "3 of 6 cells are measured" in built(store, "home")["index.html"].words


def test_cards_without_rows_are_a_gap(store):
    opened = Store(filled(store).root, lambda: {"alpha": "a" * 32, "delta": "d" * 32})
    assert take(opened).says.carded == {"alpha", "delta"}


def test_an_empty_store_has_no_cells(store):
    found = coverage(take(store.opened), ())
    assert (found.cells, found.datasets, len(found.sources)) == ({}, (), 12)
    assert found.sentence.startswith("No backbone has")
