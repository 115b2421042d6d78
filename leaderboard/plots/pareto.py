"""This plots mean AUC against a cost, with the Pareto front."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from fuseboard.leaderboard.plots import subset_roles
from fuseboard.leaderboard.plots.client import svg
from fuseboard.leaderboard.plots.frame import LEFT, RIGHT, TEXT, WIDTH, axis, cut, frame, layer, room
from fuseboard.leaderboard.plots.rank_positions import place
from fuseboard.leaderboard.statistics.cost_measures import Cost

HEIGHT = 240
LETTERS = 22


@dataclass(frozen=True)
class Dot:
    """A dot is one backbone."""

    name: str
    cost: float
    auc: float
    front: bool


def pareto(dots: Sequence[Dot], cost: Cost, where: str) -> Markup | None:
    """Draw the cost across and mean AUC up, the front joined by steps and labelled; None for fewer than two dots.

    Args:
        dots: of one device and precision.
        cost: what is drawn across, in logarithms where the most is ten times the least.
        where: the device and precision, for those who do not see it.
    """
    if len(dots) < 2:
        return None
    best = "more" if cost.more else "less"
    name = cost.title[0].lower() + cost.title[1:]
    title = f"{name} ({cost.unit}), {best} is better" if cost.unit else f"{name}, {best} is better"
    across, changes = _across([dot.cost for dot in dots])
    up = room([dot.auc for dot in dots])
    x, y = axis("x", title, across, **changes), axis("y", "mean test AUC", up)
    points = {d: {"x": d.cost, "y": d.auc, "description": f"{d.name}: {d.auc:.4f}, {name} {d.cost:,.4g}"} for d in dots}
    front = sorted((dot for dot in dots if dot.front), key=lambda dot: (dot.cost, dot.name))
    # Between two dots of the front, the AUC that can be had at a cost is that of the cheaper one.
    line = {"type": "line", "interpolate": "step-before" if cost.more else "step-after", "strokeWidth": 1.5}
    width = WIDTH - LEFT - RIGHT
    labels = place(
        [
            (_share(d.cost, across, changes) * width, (1 - _share(d.auc, up, {})) * HEIGHT, cut(d.name, LETTERS))
            for d in front
        ],
        width,
        HEIGHT,
        cost.more,
    )
    layers = [
        layer({**line, "color": "var(--plot-chosen)"}, [{"x": d.cost, "y": d.auc} for d in front], x=x, y=y),
        layer({**subset_roles.SUBSET, "size": 49}, [points[dot] for dot in dots if not dot.front], x=x, y=y),
        layer(subset_roles.CHOSEN, [points[dot] for dot in front], x=x, y=y),
        *(
            layer({**TEXT, "color": "var(--ink)", "text": text, "x": at, "y": down, "align": align}, [{}])
            for text, at, down, align in labels
        ),
    ]
    keys = {"on the front": subset_roles.CHOSEN, "off the front": {**subset_roles.SUBSET, "size": 49}}
    return svg(frame(layers, HEIGHT, keys), f"Mean test AUC of {len(dots)} backbones against {title}, on {where}")


def _across(costs: Sequence[float]) -> tuple[tuple[float, float], dict[str, Any]]:
    """Return the domain of the axis, and its changes: logarithms where the most is ten times the least."""
    low, high = min(costs), max(costs)
    if low <= 0 or high / low < 10:
        return room(costs), {}
    margin = 0.08 * math.log(high / low)
    domain = low / math.exp(margin), high * math.exp(margin)
    return domain, {"scale": {"type": "log"}, "values": _ticks(*domain), "tickCount": 9, "format": ",~f"}


def _ticks(low: float, high: float) -> list[float]:
    """Return round numbers between two bounds, as many as an axis has room for."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1, 2, 5), (1, 3), (1,)):
        found = [step * 10.0**power for power in powers for step in steps if low <= step * 10.0**power <= high]
        if len(found) <= 5:
            return found
    return found[:: len(found) // 5 + 1]


def _share(value: float, domain: tuple[float, float], changes: dict[str, Any]) -> float:
    """Return how far along a domain a value lies."""
    if "scale" in changes:
        return math.log(value / domain[0]) / math.log(domain[1] / domain[0])
    return (value - domain[0]) / (domain[1] - domain[0])
