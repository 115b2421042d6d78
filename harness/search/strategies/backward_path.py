"""Backward path: removes backbones one at a time until one is left, and so passes over a step that hurts."""

from fuseboard.harness.search.greedy import shrink
from fuseboard.harness.search.strategies.strategy import Plan, Setting


def plan(setting: Setting) -> Plan:
    """Asks for K (K + 1) / 2 subsets."""
    return shrink(setting, stop=False)
