"""What can be told before a search: assumed until more subsets than backbones are known, then measured."""

from pathlib import Path

import numpy as np
import pytest

from fuseboard.harness.search import outlook as outlooks
from fuseboard.harness.search import strategies
from fuseboard.harness.search.opening import search
from fuseboard.harness.search.outlook import Outlook, outlook
from fuseboard.harness.search.search import Search
from fuseboard.leaderboard.published.biofuse_2024 import summarise
from fuseboard.leaderboard.published.tables import load
from fuseboard.store.results.selection_stability import rechoose
from fuseboard.store.statistics.paired_power import disagreement, optimism_of_the_best
from fuseboard.store.store import Store
from tests.harness.quick import QUICK

DATA = "digits-first120"


def test_it_is_assumed_first_and_measured_where_the_subsets_are_known(store: Path) -> None:
    engine = Search(Store(store), DATA, QUICK)
    before = outlook(engine)
    assert before is not None
    assert (before.backbones, before.subsets, before.measured_on) == (2, 3, 0)
    assert before.images == len(engine.pool.labels("val"))
    engine.run(strategies.get("exhaustive"))
    after = outlook(Search(Store(store), DATA, QUICK))
    assert after is not None
    rows = engine.rows([("hog",), ("pixels",), ("hog", "pixels")]).filter(split="val")
    assert after.measured_on == 3
    assert after.disagreement == pytest.approx(disagreement(np.stack(rows["right"].to_list())))
    assert outlook(Search(Store(store), DATA, QUICK, ["hog"])) is None


def test_a_search_in_python_keeps_what_was_told_before_it(store: Path) -> None:
    found = search(DATA, protocol=QUICK, store=store)
    assert found.outlook is not None
    assert found.outlook.measured_on == 0


def test_all_are_safer_exactly_where_the_best_gain_cannot_be_told() -> None:
    few, many = Outlook(78, 5, 0.08, 0), Outlook(10_000, 5, 0.08, 31)
    assert few.all_is_safer
    assert not many.all_is_safer
    assert len(few.notes) == 2
    assert len(many.notes) == 1
    assert Outlook(5, 5, 0.08, 0).smallest_difference > 1
    assert "no two" in Outlook(5, 5, 0.08, 0).notes[0]


def test_the_figures_are_those_of_the_published_searches() -> None:
    found = summarise(load("biofuse_2024_subsets.csv"))
    best = np.mean([one.best_test_acc["test_acc"] - one.all_backbones["test_acc"] for one in found])
    chosen = np.mean([one.chosen["test_acc"] - one.all_backbones["test_acc"] for one in found])
    assert len(found) == outlooks.PUBLISHED_SEARCHES
    assert round(best, 3) == outlooks.BEST_OVER_ALL
    assert round(chosen, 3) == outlooks.CHOSEN_OVER_ALL


def test_the_assumed_disagreement_is_among_those_of_the_rows_that_ship(shipped: Path) -> None:
    measured = []
    for dataset in ("breastmnist-28", "breastmnist-64", "pneumoniamnist-28"):
        rows = Store(shipped).rows("fusion", dataset).filter(split="val", fusion="concat")
        for own in rows.partition_by("protocol"):
            measured.append(disagreement(np.stack(own["right"].to_list()).astype(float)))
    assert min(measured) == pytest.approx(0.02, abs=0.005)
    assert max(measured) == pytest.approx(0.09, abs=0.005)
    assert np.median(measured) < outlooks.ASSUMED_DISAGREEMENT < max(measured)


@pytest.mark.parametrize("dataset", ["breastmnist-28", "breastmnist-64", "pneumoniamnist-28"])
def test_what_luck_adds_is_no_more_than_was_foretold_on_the_rows_that_ship(dataset: str, shipped: Path) -> None:
    rows = Store(shipped).rows("fusion", dataset).filter(fusion="concat")
    for own in rows.partition_by("protocol"):
        winner = rechoose(own, resamples=100)
        apart = disagreement(np.stack(own.filter(split="val")["right"].to_list()).astype(float))
        assert 0 < winner.optimism < optimism_of_the_best(apart, winner.images, winner.candidates)
