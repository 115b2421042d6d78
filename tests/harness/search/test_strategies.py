"""Strategies that need only scores, played on tables instead of fits."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuseboard.harness.classifiers.fusion import Subset, all_subsets
from fuseboard.harness.search import strategies
from fuseboard.harness.search.strategies import surrogate
from fuseboard.harness.search.strategies.strategy import SearchView
from fuseboard.store.embeddings.join import Blocks
from tests.harness.quick import QUICK

STARTER = QUICK
GREEDY = ("forward", "forward-path", "backward", "backward-path")


class Backbones:
    """A pool that has nothing but names, each one feature wide or as said."""

    def __init__(self, names: Iterable[str], widths: Mapping[str, int] | None = None) -> None:
        self.versions, self._widths = dict.fromkeys(names), widths or {}

    def features(self, subset: Subset) -> int:
        return sum(self._widths.get(name, 1) for name in subset)

    def all_blocks(self, split: str) -> Blocks:
        raise AssertionError("a strategy that needs only scores looked at the training data")


def seen(pool: Any, metric: str = "acc", tie_break: Sequence[str] = STARTER.selection.tie_break) -> SearchView:
    selection = STARTER.selection.model_copy(update={"metric": metric, "tie_break": tuple(tie_break)})
    return SearchView(pool, STARTER.model_copy(update={"selection": selection}))


def asked(name: str, table: Mapping[Subset, float | None], view: SearchView | None = None) -> list[list[Subset]]:
    """The rounds of a strategy whose subsets score what a table says."""
    plan = strategies.get(name)(view or seen(Backbones(sorted({b for subset in table for b in subset}))))
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
    wide = seen(Backbones("abcd", {"a": 9}))
    assert asked("forward-path", flat, wide)[1] == [("a", "b"), ("b", "c"), ("b", "d")]
    assert asked("top-k", flat | {("e",): 0.5, ("b", "c", "d", "e"): 0.5}, seen(Backbones("abcde", {"a": 9})))[1] == [
        ("b", "c", "d", "e")
    ]


def test_ties_go_as_the_protocol_says() -> None:
    flat, widths = table(lambda s: 0.5), {"a": 9, "b": 5, "c": 3}
    by_name, by_width = (seen(Backbones("abcd", widths), tie_break=[each]) for each in ("name", "features"))
    assert asked("forward-path", flat, by_name)[2] == [("a", "b", "c"), ("a", "b", "d")]
    assert asked("forward-path", flat, by_width)[2] == [("a", "c", "d"), ("b", "c", "d")]
    assert len(asked("backward", flat, by_width)) == 4, "fewer features are preferred down to the last backbone"


def test_the_surrogate_ranks_by_what_the_protocol_chooses_by(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surrogate, "FINALISTS", 1)
    random = np.random.default_rng(0)
    labels = np.repeat([0, 1], [190, 10])
    # By accuracy the noise wins, which never names the rare class; by AUC the feature that follows the labels does.
    follows = (labels[:, None] * 1.5 + random.normal(size=(200, 1))).astype(np.float32)
    pool = Backbones(["follows", "noise"], {"follows": 9})
    blocks = {"follows": follows, "noise": np.zeros((200, 1), np.float32)}
    pool.entry = SimpleNamespace(task="multi-class", n_classes=2)
    pool.all_blocks = lambda split: Blocks("made", split, np.arange(200), labels, blocks, {})
    chosen = {metric: next(strategies.get("surrogate")(seen(pool, metric))).subsets[0] for metric in ("acc", "auc")}
    assert chosen == {"acc": ("noise",), "auc": ("follows",)}


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
