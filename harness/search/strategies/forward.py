"""Forward: adds backbones one at a time, as long as one more raises the score."""

from fuseboard.harness.search.greedy import grow
from fuseboard.harness.search.strategies.strategy import Plan, Setting


def plan(setting: Setting) -> Plan:
    """Asks for K, K - 1, … subsets; for K of them and K - 1 more where a second backbone does not help."""
    return grow(setting, stop=True)
