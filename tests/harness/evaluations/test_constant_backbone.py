"""A backbone that says the same of every image costs its own row, and no other."""

from pathlib import Path

import numpy as np
import pytest

from fuseboard.harness import evaluations
from fuseboard.harness.evaluations.attention import ablation
from fuseboard.harness.search import strategies
from fuseboard.harness.search.search import Search
from fuseboard.harness.search.strategy_comparison import prices
from fuseboard.store.errors import FuseboardError
from fuseboard.store.results.similarity import compare
from fuseboard.store.store import Store
from tests.harness.quick import QUICK
from tests.harness.synthetic import DATA, embed

STARTER = QUICK
SPLITS = dict.fromkeys(("train", "val", "test"), np.arange(45) % 3)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    embed(tmp_path, SPLITS, backbones=("a", "b", "flat"), constant=("flat",))
    return Store(tmp_path)


@pytest.mark.parametrize("name", ["linear-probe", "knn", "transfer"])
def test_the_others_are_measured(name: str, store: Store) -> None:
    for _ in range(2):
        report = evaluations.get(name)(Search(store, DATA, STARTER))
        subsets = {tuple(subset) for subset in report.rows["subset"].to_list()}
        assert subsets == {("a",), ("b",), ("a", "b", "flat")}
        assert any("flat is left out" in note for note in report.notes)
        assert all(value is not None for value in report.rows["acc"])


@pytest.mark.parametrize("name", ["attention-random", "attention-trained", "soft-vote"])
def test_all_together_is_measured(name: str, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ablation, "WIDTHS", (8,))
    monkeypatch.setattr(ablation, "HEADS", (2,))
    report = evaluations.get(name)(Search(store, DATA, STARTER))
    assert ["a", "b", "flat"] in report.rows["subset"].to_list()


def test_the_search_and_every_strategy_go_on(store: Store) -> None:
    assert {row.reason for row in prices(Search(store, DATA, STARTER), list(strategies.STRATEGIES))} == {None}


def test_similarity_goes_on(store: Store) -> None:
    found = {(row.backbone, row.other): row.reason for row in compare(store.root, DATA, store.versions_of(DATA))}
    assert {pair for pair, reason in found.items() if reason} == {("a", "flat"), ("b", "flat")}


@pytest.mark.parametrize("name", ["linear-probe", "knn", "attention-random", "transfer"])
def test_where_nothing_is_left_it_is_refused(name: str, tmp_path: Path) -> None:
    embed(tmp_path, SPLITS, backbones=("flat", "flatter"), constant=("flat", "flatter"))
    with pytest.raises(FuseboardError, match="the same vector for all 45 training images"):
        evaluations.get(name)(Search(Store(tmp_path), DATA, STARTER))
