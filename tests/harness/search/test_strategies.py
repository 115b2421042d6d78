"""Strategies that need only scores, played on tables instead of fits."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuseboard.harness.classifiers.fusion import Subset, all_subsets
from fuseboard.harness.search import strategies

GREEDY = ("forward", "forward-path", "backward", "backward-path")


@dataclass(frozen=True)
class Names:
    """A setting that has nothing but names, each one feature wide or as said."""

    backbones: list[str]
    widths: Mapping[str, int] | None = None
    task: str = "multi-class"
    n_classes: int = 3
    trees: int = 100
    bins: int = 256

    def features(self, subset: Subset) -> int:
        return sum((self.widths or {}).get(name, 1) for name in subset)

    def train(self):  # type: ignore[no-untyped-def]
        raise AssertionError("a strategy that needs only scores looked at the training data")


def asked(name: str, table: Mapping[Subset, float | None], setting: Names | None = None) -> list[list[Subset]]:
    """The rounds of a strategy whose subsets score what a table says."""
    plan = strategies.get(name)(setting or Names(sorted({b for subset in table for b in subset})))
    rounds, ask = [], next(plan)
    while True:
        rounds.append(list(ask.subsets))
        try:
            ask = plan.send({subset: table[subset] for subset in ask.subsets})
        except StopIteration:
            return rounds


def table(worth: Callable[[Subset], float | None], names: str = "abcd") -> dict[Subset, float | None]:
    return {subset: worth(subset) for subset in all_subsets(list(names))}


def test_forward_adds_what_helps_and_stops_when_nothing_does() -> None:
    gains = {"a": 0.1, "b": 0.5, "c": 0.3, "d": -0.1}
    rounds = asked("forward", table(lambda s: sum(gains[name] for name in s)))
    assert rounds == [
        [("a",), ("b",), ("c",), ("d",)],
        [("a", "b"), ("b", "c"), ("b", "d")],
        [("a", "b", "c"), ("b", "c", "d")],
        [("a", "b", "c", "d")],
    ]
    assert asked("forward", table(lambda s: gains[s[0]] if len(s) == 1 else 0.5)) == rounds[:2]
    assert asked("forward-path", table(lambda s: gains[s[0]] if len(s) == 1 else 0.5))[2:] != []


def test_backward_removes_what_is_not_missed() -> None:
    gains = {"a": 0.0, "b": 0.5, "c": 0.3, "d": -0.1}
    rounds = asked("backward", table(lambda s: sum(gains[name] for name in s)))
    assert [len(each) for each in rounds] == [1, 4, 3, 2]
    assert rounds[-1] == [("c",), ("b",)], "a was no loss, either of the rest is"
    assert len(asked("backward-path", table(lambda s: len(s) / 4))) == 4
    assert len(asked("backward", table(lambda s: len(s) / 4))) == 2


def test_ties_go_to_fewer_features_and_then_to_the_name() -> None:
    flat = table(lambda s: 0.5)
    assert asked("forward-path", flat)[1] == [("a", "b"), ("a", "c"), ("a", "d")]
    wide = Names(list("abcd"), {"a": 9})
    assert asked("forward-path", flat, wide)[1] == [("a", "b"), ("b", "c"), ("b", "d")]
    assert asked("top-k", flat | {("e",): 0.5, ("b", "c", "d", "e"): 0.5}, Names(list("abcde"), {"a": 9}))[1] == [
        ("b", "c", "d", "e")
    ]


def test_top_k_is_the_union_of_the_best_four() -> None:
    gains = dict(zip("abcdef", (0.1, 0.6, 0.5, 0.2, 0.4, 0.3), strict=True))
    rounds = asked("top-k", table(lambda s: max(gains[name] for name in s), "abcdef"))
    assert rounds[1] == [("b", "c", "e", "f")]
    assert asked("top-k", table(lambda s: 0.5, "ab")) == [[("a",), ("b",)], [("a", "b")]]


@pytest.mark.parametrize("name", [*GREEDY, "top-k"])
def test_one_backbone_and_no_scores(name: str) -> None:
    assert asked(name, {("a",): 0.5}) == [[("a",)]]
    assert asked(name, table(lambda s: None))[0], "a score that does not exist is no reason to fail"


@settings(max_examples=40, deadline=None)
@given(st.data(), st.integers(1, 5), st.sampled_from([*GREEDY, "top-k"]))
def test_nothing_is_asked_twice_and_paths_have_one_length(data: st.DataObject, k: int, name: str) -> None:
    subsets = all_subsets(list("abcde")[:k])
    scores = data.draw(st.lists(st.integers(0, 4), min_size=len(subsets), max_size=len(subsets)))
    every = [subset for each in asked(name, dict(zip(subsets, scores, strict=True))) for subset in each]
    assert len(every) == len(set(every))
    assert set(every) <= set(subsets)
    if name.endswith("path"):
        assert len(every) == k * (k + 1) // 2
