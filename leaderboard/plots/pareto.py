"""This plots mean AUC against a cost, with the Pareto front."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from fuseboard.leaderboard.output.plain import score
from fuseboard.leaderboard.plots import subset_roles
from fuseboard.leaderboard.plots.client import svg
from fuseboard.leaderboard.plots.frame import COUNT, LEFT, RIGHT, SHARE, TEXT, WIDTH, axis, cut, frame, layer, room
from fuseboard.leaderboard.plots.rank_positions import place
from fuseboard.leaderboard.statistics.cost_measures import Cost

HEIGHT = 240
LETTERS = 22
MILLION = 1e6


@dataclass(frozen=True)
class Dot:
    """A dot is one backbone."""

    name: str
    cost: float
    auc: float
    front: bool
    href: str | None = None
    """The page of the site that the mark leads to, from the page that it is drawn on."""


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
    name, unit = cost.title[0].lower() + cost.title[1:], cost.unit
    title = f"{name} ({unit}), {best} is better" if unit else f"{name}, {best} is better"
    across, changes = _across([dot.cost for dot in dots])
    low, high = room([dot.auc for dot in dots])
    up = low - 0.1 * (high - low), high + 0.05 * (high - low)  # room for names below and above the outermost dots
    x, y = axis("x", title, across, **changes), axis("y", "mean test AUC", up, **SHARE)
    points = {dot: _point(dot, name, unit) for dot in dots}
    front = sorted((dot for dot in dots if dot.front), key=lambda dot: (dot.cost, dot.name))
    # Between two dots of the front, the AUC that can be had at a cost is that of the cheaper one.
    line = {"type": "line", "interpolate": "step-before" if cost.more else "step-after", "strokeWidth": 1.5}
    width = WIDTH - LEFT - RIGHT
    spots = {d: (_share(d.cost, across, changes) * width, (1 - _share(d.auc, up, {})) * HEIGHT) for d in dots}
    labels = place(
        [(*spots[dot], cut(dot.name, LETTERS)) for dot in front],
        width,
        HEIGHT,
        cost.more,
        [spots[dot] for dot in dots if not dot.front],
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


def _point(dot: Dot, name: str, unit: str) -> dict[str, Any]:
    shown = f"{dot.cost:,.0f}" if dot.cost >= 1000 else f"{dot.cost:,.4g}"
    shown = f"{dot.cost / MILLION:,.4g} M" if dot.cost >= MILLION else shown
    description = f"{dot.name}: {score(dot.auc)}, {name} {shown}{f' {unit}' if unit else ''}"
    description += ", on the front" if dot.front else ""
    return {"x": dot.cost, "y": dot.auc, "description": description, "href": dot.href}


def _across(costs: Sequence[float]) -> tuple[tuple[float, float], dict[str, Any]]:
    """Return the domain of the axis, and its changes: logarithms where the most is ten times the least.

    Where the least is nothing, as with backbones that have no parameters, the axis is even up to the least of the
    others and logarithmic from there.
    """
    low, high = min(costs), max(costs)
    form = COUNT if high >= MILLION else {}
    least = min((cost for cost in costs if cost > 0), default=0.0)
    if low < 0 or not least or high / least < 10:
        return room(costs), form
    scale = {"type": "symlog", "constant": least} if low == 0 else {"type": "log"}
    margin = 0.08 * math.log(high / (low or least))
    domain = (-0.1 * least if low == 0 else low / math.exp(margin)), high * math.exp(margin)
    ticks = _ticks(least / math.exp(margin), domain[1])
    return domain, {
        "scale": scale,
        "values": [0.0, *ticks] if low == 0 else ticks,
        "tickCount": 9,
        "format": ",~f",
        **form,
    }


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
    scale = changes.get("scale", {})

    def moved(number: float) -> float:
        if "constant" in scale:
            return math.copysign(math.log1p(abs(number) / scale["constant"]), number)
        return math.log(number) if scale else number

    low, high = map(moved, domain)
    return (moved(value) - low) / (high - low)
