"""Backward: removes backbones one at a time, as long as one less does not lower the score."""

from fuseboard.harness.search.greedy import shrink
from fuseboard.harness.search.strategies.strategy import Plan, Setting


def plan(setting: Setting) -> Plan:
    """Asks for all together, and then for K, K - 1, … subsets."""
    return shrink(setting, stop=True)
