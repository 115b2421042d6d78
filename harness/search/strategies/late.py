"""Late: the soft vote of per-backbone classifiers. K fits score all 2^K - 1 subsets; it is another fusion."""

from fuseboard.harness.classifiers.fusion import SOFT_VOTE, all_subsets
from fuseboard.harness.search.strategies.strategy import Ask, Plan, Setting


def plan(setting: Setting) -> Plan:
    """Asks once, for the votes of every subset."""
    yield Ask(all_subsets(setting.backbones), fusion=SOFT_VOTE)
