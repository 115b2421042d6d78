"""Exhaustive: all 2^K - 1 subsets, as in the paper."""

from fuseboard.harness.classifiers.fusion import all_subsets
from fuseboard.harness.search.strategies.strategy import Ask, Plan, Setting


def plan(setting: Setting) -> Plan:
    """Asks once, for everything."""
    yield Ask(all_subsets(setting.backbones))
