"""Strategies that ask once, whatever the scores will be."""

from fuseboard.harness.classifiers.fusion import SOFT_VOTE, WEIGHTED_VOTE, all_subsets
from fuseboard.harness.search.strategies.strategy import Ask, Plan, SearchView


def all_backbones(view: SearchView) -> Plan:
    """Asks for all backbones together, the one subset that nobody has to choose; one fit."""
    yield Ask([tuple(view.backbones)])


def singles(view: SearchView) -> Plan:
    """Asks for each backbone alone; K fits."""
    yield Ask([(backbone,) for backbone in view.backbones])


def exhaustive(view: SearchView) -> Plan:
    """Asks for all 2^K - 1 subsets, as in the paper."""
    yield Ask(all_subsets(view.backbones))


def soft_vote(view: SearchView) -> Plan:
    """Asks for the soft vote of every subset, which is another fusion: K fits score all 2^K - 1 of them."""
    yield Ask(all_subsets(view.backbones), fusion=SOFT_VOTE)


def ensemble(view: SearchView) -> Plan:
    """Asks for one weighted soft vote of all backbones, selected greedily (Caruana et al. 2004).

    It is another fusion and costs K fits; some backbones may be given no weight.
    """
    yield Ask([tuple(view.backbones)], fusion=WEIGHTED_VOTE)
