"""The Pareto front is what no other does better at less cost."""

from collections.abc import Sequence

from fuseboard.store.statistics.ties import level

Point = tuple[float | None, float | None]


def front(points: Sequence[Point]) -> list[bool]:
    """Tell whether each point is on the Pareto front of (cost, score): low cost and high score are good.

    A point is off the front where another costs no more and scores no less, and is better in one of the two. Equal
    points are on it together. One without a cost or a score is never on it and puts no other off it.
    """
    scores = level([score for _, score in points])
    costs = [cost for cost, _ in points]
    known = [
        (cost, score, place)
        for place, (cost, score) in enumerate(zip(costs, scores, strict=True))
        if cost is not None and score is not None
    ]
    on = [False] * len(points)
    best, best_cost = None, None
    for cost, score, place in sorted(known, key=lambda each: (each[0], -each[1])):
        if best is None or score > best or (score == best and cost == best_cost):
            on[place], best, best_cost = True, score, cost
    return on
