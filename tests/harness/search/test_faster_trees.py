"""A search whose trees are grown faster: the same rows, and XGBoost's alone where a tree is not XGBoost's."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from fuseboard.harness.classifiers.presorted_trees import presorted
from fuseboard.harness.protocols import protocol
from fuseboard.harness.search import faster_trees, strategies
from fuseboard.harness.search import search as engine
from fuseboard.harness.search.search import Search
from fuseboard.store.results.selection import choose
from fuseboard.store.store import Store
from tests.harness.synthetic import DATA, embed

pytest.importorskip("numba", reason="needs the extra `trees`")

PAPER = protocol.get("biofuse-2026")
RULES = PAPER.model_copy(update={"params": PAPER.params.model_copy(update={"n_estimators": 100, "max_depth": 3})})
NOISY = ("fit_s", "predict_s", "peak_rss_mb", "created", "libraries")


@pytest.fixture
def searched(tmp_path: Path) -> Callable[[str], Search]:
    """Searches all 15 subsets of four backbones, each time in a store of its own, or in one that is there."""
    random = np.random.default_rng(1)
    labels = {split: random.integers(0, 2, rows) for split, rows in (("train", 90), ("val", 40), ("test", 40))}

    def search(name: str) -> Search:
        if not (tmp_path / name).exists():
            embed(tmp_path / name, labels, "binary-class", 2, ("a", "b", "c", "d"))
        made = Search(Store(tmp_path / name), DATA, RULES)
        made.run(strategies.get("exhaustive"))
        return made

    return search


@pytest.fixture
def by_xgboost(searched: Callable[[str], Search]) -> pl.DataFrame:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(presorted, "find_spec", lambda _: None)
        return searched("plain").store.rows(scores=True)


def sooner(rows: pl.DataFrame) -> set[tuple[str, ...]]:
    return {tuple(s) for s in rows.filter(pl.col("libraries").str.contains("numba"))["subset"]}


def equal(rows: pl.DataFrame, peer: pl.DataFrame) -> bool:
    return rows.drop(NOISY).sort("key").equals(peer.drop(NOISY).sort("key"))


def test_rows_are_those_of_xgboost_and_what_is_told_is_grown_by_it(
    searched: Callable[[str], Search], by_xgboost: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = searched("sooner")
    rows = search.store.rows(scores=True)
    assert equal(rows, by_xgboost)
    assert not sooner(by_xgboost)
    choice = choose(rows)
    assert 10 <= len(sooner(rows)) <= 14
    assert not sooner(rows) & {choice.chosen, choice.oracle, choice.all_backbones, *choice.best_on_test.values()}
    assert (search.fits, search.remarks) == (15, [])
    monkeypatch.setattr(engine, "fit", lambda *_: pytest.fail("a fit was run although everything is known"))
    assert searched("sooner").store.rows(scores=True).equals(rows)


@pytest.mark.parametrize("is_tried", [True, False])
def test_trees_that_are_not_xgboosts_are_found_and_grown_again(
    is_tried: bool, searched: Callable[[str], Search], by_xgboost: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the trial before, and where that saw nothing, by what the choice is told with."""
    plain = presorted.Grown.predict
    monkeypatch.setattr(presorted.Grown, "predict", lambda *args: np.nextafter(plain(*args), np.float32(1)))
    if not is_tried:
        monkeypatch.setattr(faster_trees, "agrees", lambda *_: True)
    search = searched("wrong")
    rows = search.store.rows(scores=True)
    assert equal(rows, by_xgboost)
    assert not sooner(rows)
    assert len(search.remarks) == 1
    assert "XGBoost" in search.remarks[0]


def test_what_a_broken_search_left_is_checked_by_the_next(
    searched: Callable[[str], Search], by_xgboost: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, right = engine.executor.run, presorted.Grown.predict

    def broken(*args: Any) -> Iterator[Any]:
        for number, outcome in plain(*args):
            if number == 14:
                raise KeyboardInterrupt
            yield number, outcome

    with monkeypatch.context() as patch:
        patch.setattr(engine.executor, "run", broken)
        patch.setattr(faster_trees, "agrees", lambda *_: True)
        patch.setattr(presorted.Grown, "predict", lambda *args: np.nextafter(right(*args), np.float32(1)))
        with pytest.raises(KeyboardInterrupt):
            searched("broken")
    search = searched("broken")
    assert equal(search.store.rows(scores=True), by_xgboost)
    assert search.remarks
