"""Forward path: adds backbones one at a time until all are in, and so passes over a step that does not help."""

from fuseboard.harness.search.greedy import grow
from fuseboard.harness.search.strategies.strategy import Plan, Setting


def plan(setting: Setting) -> Plan:
    """Asks for K (K + 1) / 2 subsets."""
    return grow(setting, stop=False)
