"""Shapley values against their definition, by brute force, and against their axioms."""

import time
from itertools import combinations, permutations
from math import factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuseboard.store.errors import FuseboardError
from fuseboard.store.statistics.shapley import MOST, majority_acc, shapley

NAMES = "abcdefghijklmnop"


def subsets(k):
    return [subset for size in range(1, k + 1) for subset in combinations(NAMES[:k], size)]


def tables(most=5):
    return st.integers(1, most).flatmap(
        lambda k: st.lists(st.floats(0, 1), min_size=2**k - 1, max_size=2**k - 1).map(
            lambda values: dict(zip(subsets(k), values, strict=True))
        )
    )


def with_(subset, *names):
    return tuple(sorted({*subset, *names}))


def brute_force(table, empty):
    """The mean marginal gain over all K! orders."""
    v = {**table, (): empty}
    names = max(table, key=len)
    gains = dict.fromkeys(names, 0.0)
    for order in permutations(names):
        for place, name in enumerate(order):
            before = with_(order[:place])
            gains[name] += v[with_(before, name)] - v[before]
    return {name: gain / factorial(len(names)) for name, gain in gains.items()}


def interaction(table, empty, i, j):
    """Grabisch & Roubens 1999, definition, term by term."""
    v, k = {**table, (): empty}, len(max(table, key=len))
    total = 0.0
    for s in v:
        if i not in s and j not in s:
            weight = factorial(len(s)) * factorial(k - len(s) - 2) / factorial(k - 1)
            total += weight * (v[with_(s, i, j)] - v[with_(s, i)] - v[with_(s, j)] + v[s])
    return total


@settings(max_examples=40, deadline=None)
@given(tables(), st.floats(0, 1))
def test_values_are_the_average_over_all_orders(table, empty):
    found = shapley(table, empty)
    assert found.values == pytest.approx(brute_force(table, empty), abs=1e-12)
    assert sum(found.values.values()) == pytest.approx(table[max(table, key=len)] - empty, abs=1e-12)


def test_six_backbones_by_brute_force():
    random = np.random.default_rng(0)
    table = {subset: random.random() for subset in subsets(6)}
    assert shapley(table, 0.5).values == pytest.approx(brute_force(table, 0.5), abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(tables(), st.floats(0, 1))
def test_interactions_are_what_their_definition_says(table, empty):
    found = shapley(table, empty).interactions
    names = max(table, key=len)
    assert list(found) == list(combinations(names, 2))
    for (i, j), value in found.items():
        assert value == pytest.approx(interaction(table, empty, i, j), abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(tables(4))
def test_equals_share_alike_and_a_null_player_gets_nothing(table):
    """`y` and `z` are copies of each other, and `zz` never changes anything."""
    old = {(): 0.5, **table}
    grown = {}
    for s, value in old.items():
        for copies in ((), ("y",), ("z",), ("y", "z")):
            for null in ((), ("zz",)):
                grown[with_(s, *copies, *null)] = value + 0.1 * len(copies[:1])
    del grown[()]
    found = shapley(grown, 0.5)
    assert found.values["y"] == pytest.approx(found.values["z"], abs=1e-12)
    assert found.values["zz"] == pytest.approx(0, abs=1e-12)
    assert found.interactions["y", "z"] == pytest.approx(-0.1, abs=1e-12), "each makes the other worthless"


def test_one_backbone_earns_everything():
    found = shapley({("a",): 0.8}, 0.5)
    assert found.values == {"a": pytest.approx(0.3)}
    assert found.interactions == {}
    assert (found.empty, found.all_backbones) == (0.5, 0.8)


def test_sixteen_backbones_take_seconds():
    random = np.random.default_rng(0)
    gains = random.random(MOST)
    table = {s: float(sum(gains[NAMES.index(name)] for name in s)) for s in subsets(MOST)}
    began = time.perf_counter()
    found = shapley(table, 0.0)
    assert time.perf_counter() - began < 10
    assert list(found.values.values()) == pytest.approx(gains, abs=1e-9), "an additive game gives everyone his own"
    assert max(map(abs, found.interactions.values())) < 1e-9


def test_what_cannot_be_shared_out_is_refused():
    with pytest.raises(FuseboardError, match=r"all 7 subsets of 3 backbones: 2 have no value, the first is a\+b; run"):
        shapley({s: None if s == ("a", "b") else 0.5 for s in subsets(3) if s != ("b", "c")}, 0.5)
    with pytest.raises(FuseboardError, match="17 backbones cannot"):
        shapley({(f"b{i}",): 0.5 for i in range(17)}, 0.5)
    with pytest.raises(FuseboardError, match="0 backbones cannot"):
        shapley({}, 0.5)
    with pytest.raises(FuseboardError, match="value of no backbone is nan"):
        shapley({("a",): 0.5}, float("nan"))


def test_the_accuracy_of_always_saying_the_same():
    train = np.array([2, 2, 1, 0])
    assert majority_acc(train, np.array([2, 1, 1, 1])) == 0.25
    several = np.array([[1, 0], [1, 0], [0, 1]])
    assert majority_acc(several, np.array([[1, 1], [0, 0]])) == 0.5
