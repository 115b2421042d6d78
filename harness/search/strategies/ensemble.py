"""Ensemble: a weighted soft vote, selected greedily (Caruana et al. 2004). K fits; it is another fusion."""

from fuseboard.harness.classifiers.fusion import WEIGHTED_VOTE
from fuseboard.harness.search.strategies.strategy import Ask, Plan, Setting


def plan(setting: Setting) -> Plan:
    """Asks once, for the vote of all backbones, some of which may be given no weight."""
    yield Ask([tuple(setting.backbones)], fusion=WEIGHTED_VOTE)
