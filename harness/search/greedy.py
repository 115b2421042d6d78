"""Greedy: paths through the subsets, one backbone more or less at a time. `forward` and `backward` walk them."""

from collections.abc import Iterable
from math import inf

from fuseboard.harness.classifiers.fusion import Subset
from fuseboard.harness.search.strategies.strategy import Ask, Plan, Scores, Setting


def ranked(setting: Setting, scores: Scores, subsets: Iterable[Subset]) -> list[Subset]:
    """Subsets, best first: higher score, then fewer backbones, then fewer features, then the name."""
    return sorted(subsets, key=lambda s: (-value(scores, s), len(s), setting.features(s), s))


def value(scores: Scores, subset: Subset) -> float:
    """A subset's score; one that does not exist is worse than any."""
    score = scores.get(subset)
    return -inf if score is None else score


def grow(setting: Setting, stop: bool) -> Plan:
    """Adds the backbone that helps most, round by round, from none to all.

    Args:
        setting: of the search.
        stop: at the first round in which no addition raises the score.
    """
    current: Subset = ()
    worth = -inf
    while len(current) < len(setting.backbones):
        larger = [tuple(sorted({*current, name})) for name in setting.backbones if name not in current]
        scores = yield Ask(larger)
        best = ranked(setting, scores, larger)[0]
        if stop and value(scores, best) <= worth:
            return
        current, worth = best, value(scores, best)


def shrink(setting: Setting, stop: bool) -> Plan:
    """Removes the backbone that is missed least, round by round, from all to one.

    Args:
        setting: of the search.
        stop: at the first round in which every removal lowers the score. A removal that changes nothing is taken, as
            protocols prefer fewer backbones among equals.
    """
    current = tuple(setting.backbones)
    worth = value((yield Ask([current])), current)
    while len(current) > 1:
        smaller = [tuple(other for other in current if other != name) for name in current]
        scores = yield Ask(smaller)
        best = ranked(setting, scores, smaller)[0]
        if stop and (value(scores, best) < worth or scores.get(best) is None):
            return
        current, worth = best, value(scores, best)
