"""Greedy strategies: the best few backbones, and paths through the subsets of one backbone more or less at a time."""

from fuseboard.harness.classifiers.fusion import Subset
from fuseboard.harness.search.strategies.strategy import Ask, Plan, Scores, SearchView

K = 4
"""Backbones that `top-k` joins. On the published tables of 2024 five would have been better, unknown beforehand."""


def top_k(view: SearchView) -> Plan:
    """Asks for every backbone alone, and then for the union of the best four; K fits and one more."""
    alone = [(name,) for name in view.backbones]
    scores = yield Ask(alone)
    union = tuple(sorted(name for single in view.ranked(scores)[:K] for name in single))
    if union not in alone:
        yield Ask([union])


def forward(view: SearchView) -> Plan:
    """Adds backbones one at a time, as long as the protocol prefers one more.

    It asks for K, K - 1, … subsets; for K of them and K - 1 more where a second backbone does not help.
    """
    return _grow(view, stop=True)


def forward_path(view: SearchView) -> Plan:
    """Adds backbones one at a time until all are in, and so passes over a step that does not help.

    It asks for K (K + 1) / 2 subsets.
    """
    return _grow(view, stop=False)


def backward(view: SearchView) -> Plan:
    """Removes backbones one at a time, as long as the protocol prefers one less.

    It asks for all together, and then for K, K - 1, … subsets.
    """
    return _shrink(view, stop=True)


def backward_path(view: SearchView) -> Plan:
    """Removes backbones one at a time until one is left, and so passes over a step that hurts.

    It asks for K (K + 1) / 2 subsets.
    """
    return _shrink(view, stop=False)


def _grow(view: SearchView, stop: bool) -> Plan:
    """Adds the backbone that helps most, round by round, from none to all; or stops where no addition is better."""
    current: Subset = ()
    known: Scores = {}
    while len(current) < len(view.backbones):
        scores = yield Ask([tuple(sorted({*current, name})) for name in view.backbones if name not in current])
        best = view.ranked(scores)[0]
        if stop and not _is_better(view, best, current, {**known, **scores}):
            return
        current, known = best, scores


def _shrink(view: SearchView, stop: bool) -> Plan:
    """Removes the backbone that is missed least, round by round, to one; or stops where no removal is better."""
    current = tuple(view.backbones)
    known = yield Ask([current])
    while len(current) > 1:
        scores = yield Ask([tuple(other for other in current if other != name) for name in current])
        best = view.ranked(scores)[0]
        if stop and not _is_better(view, best, current, {**known, **scores}):
            return
        current, known = best, scores


def _is_better(view: SearchView, subset: Subset, current: Subset, scores: Scores) -> bool:
    """Whether the protocol prefers a subset to the one that was reached; one without a score is never preferred."""
    if scores[subset] is None:
        return False
    return not current or view.ranked({each: scores[each] for each in (current, subset)})[0] == subset
