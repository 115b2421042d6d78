"""Strategies: which subsets to fit, and in what order."""

from typing import TYPE_CHECKING

from fuseboard.store.registry import Registry, load

if TYPE_CHECKING:  # the command line lists the names and must start light
    from fuseboard.harness.search.strategies.strategy import Strategy

STRATEGIES = Registry(
    "strategy",
    [
        ("all", "fuseboard.harness.search.strategies.one_round:all_backbones"),
        ("backward", "fuseboard.harness.search.strategies.greedy:backward"),
        ("backward-path", "fuseboard.harness.search.strategies.greedy:backward_path"),
        ("ensemble", "fuseboard.harness.search.strategies.one_round:ensemble"),
        ("exhaustive", "fuseboard.harness.search.strategies.one_round:exhaustive"),
        ("forward", "fuseboard.harness.search.strategies.greedy:forward"),
        ("forward-path", "fuseboard.harness.search.strategies.greedy:forward_path"),
        ("halving", "fuseboard.harness.search.strategies.halving:halving"),
        ("late", "fuseboard.harness.search.strategies.one_round:soft_vote"),
        ("singles", "fuseboard.harness.search.strategies.one_round:singles"),
        ("surrogate", "fuseboard.harness.search.strategies.surrogate:surrogate"),
        ("top-k", "fuseboard.harness.search.strategies.greedy:top_k"),
    ],
)
"""Name of a strategy -> the plan that it follows."""


def get(name: str) -> "Strategy":
    """Imports a strategy by name."""
    strategy: Strategy = load(STRATEGIES[name])
    return strategy
