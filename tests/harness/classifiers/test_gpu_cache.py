"""Blocks on a GPU: copied once, shared, freed. Without a GPU, NumPy arrays that know where they lie stand in for it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import pytest

from fuseboard.harness.classifiers.gpu_cache import _resident, resident
from fuseboard.harness.classifiers.xgboost import XGBoost
from fuseboard.harness.runtime import profiling
from fuseboard.harness.search.fit import Order, fit

PARAMS = {"n_estimators": 20, "max_depth": 4}


class OnCard(np.ndarray):
    """An array of a GPU, of which whatever is cut or joined lies there too; only `get` brings it back."""

    __array_priority__ = 1  # so what is joined of two such is one too

    def get(self) -> np.ndarray:
        return self.view(np.ndarray)


class Card:
    """CuPy, and what was asked of it."""

    def __init__(self) -> None:
        self.copied: list[int] = []
        self.current: list[int] = []
        self.cuda = SimpleNamespace(Device=self.device)

    def asarray(self, block: np.ndarray) -> OnCard:
        self.copied.append(id(block))
        return block.copy().view(OnCard)

    @contextmanager
    def device(self, number: int) -> Iterator[None]:
        self.current.append(number)
        yield


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Card:
    found = Card()
    monkeypatch.setitem(sys.modules, "cupy", found)
    return found


def made(rows: int, seed: int = 0) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    return [random.standard_normal((rows, width)).astype(np.float32) for width in (20, 30)]


def test_without_cupy_the_block_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    block = np.ones((3, 2), np.float32)
    assert resident(block, "cuda") is block


def test_a_block_is_copied_once_per_device_and_goes_with_its_origin(card: Card) -> None:
    block = np.ones((3, 2), np.float32)
    first = resident(block, "cuda:1")
    assert first is resident(block, "cuda:1")
    assert first is resident(first, "cuda:1"), "what is there stays there"
    assert first is not resident(block, "cuda")
    assert card.current == [1, 0]
    assert len(_resident) == 2
    del block
    assert not _resident


@pytest.mark.parametrize("folds", [False, True])
def test_a_search_copies_each_block_once_and_predicts_where_it_lies(
    card: Card, folds: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever folds are cut out of it, and however many fits share it; the host gets probabilities only."""
    import xgboost

    monkeypatch.setattr(profiling, "hardware", lambda device: "a card")
    train, val, test = made(90), made(40, 1), made(30, 2)
    labels = np.concatenate([(part[0][:, 0] > 0).astype(int) for part in (train, val)])
    parts = np.array_split(np.arange(130), 3)
    cut = [(np.setdiff1d(np.arange(130), part), part) for part in parts] if folds else ()
    splits = ("cv",) if folds else ("val", "test")
    here = fit(Order(XGBoost(PARAMS, "binary-class", 2, 42), splits, None, cut), labels, *train, *val, *test)
    there = Order(XGBoost(PARAMS, "binary-class", 2, 42, "cuda:1"), splits, None, cut)
    inplace = xgboost.Booster.inplace_predict
    monkeypatch.setattr(xgboost.Booster, "inplace_predict", lambda self, rows: inplace(self, rows).view(OnCard))
    monkeypatch.setattr(xgboost, "DMatrix", None)
    for _ in range(2):
        outcome = fit(there, labels, *train, *val, *test)
        for split in splits:
            for mine, other in zip(outcome.scores[split], here.scores[split], strict=True):
                assert type(mine) is np.ndarray
                np.testing.assert_array_equal(mine, other)
    assert sorted(card.copied) == sorted(id(block) for block in (*train, *val, *test))
    assert set(card.current) == {1}
