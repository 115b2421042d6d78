"""Protocols are frozen: a changed choice is a new version."""

import pytest

from harness import protocol
from harness.fusion import all_subsets
from harness.search import strategies
from store.errors import UsageError

FROZEN = {
    ("biofuse-2026", 1): "76ba01ca8f0bf8d42556d718eac048bc",
    ("starter", 1): "26baebd0954e9099d78e855248e72f57",
}


@pytest.mark.parametrize("name", protocol.names())
def test_a_protocol_does_not_change_under_its_version(name: str) -> None:
    rules = protocol.get(name)
    assert FROZEN[(rules.name, rules.version)] == rules.digest, (
        "choices changed: raise `version` and add its digest here"
    )


def test_biofuse_2026_is_the_papers() -> None:
    rules = protocol.get("biofuse-2026")
    assert (rules.params.n_estimators, rules.params.learning_rate, rules.params.max_depth) == (250, 0.1, 6)
    assert rules.selection.metric == "acc"
    assert rules.selection.tie_break == ("backbones", "features", "name")


def test_unknown_names_are_answered_with_the_near_ones() -> None:
    with pytest.raises(UsageError, match="did you mean biofuse-2026"):
        protocol.get("biofuse")
    with pytest.raises(UsageError, match="did you mean exhaustive"):
        strategies.get("exhaustiv")


def test_exhaustive_is_every_subset_once() -> None:
    subsets = all_subsets(["b", "a", "d", "c"])
    assert len(set(subsets)) == len(subsets) == 15
    assert all(list(subset) == sorted(subset) for subset in subsets)
