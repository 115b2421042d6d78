"""This plots balanced error against the severity of corruptions: the subsets that play a part, and the others."""

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from fuseboard.leaderboard.output.plain import score
from fuseboard.leaderboard.plots import subset_roles
from fuseboard.leaderboard.plots.client import svg
from fuseboard.leaderboard.plots.frame import SHARE, Layer, axis, frame, layer, room, stroke
from fuseboard.leaderboard.robustness.severity_curves import SeverityCurve

HEIGHT = 250
MARKS = {"chosen": subset_roles.CHOSEN, "all backbones": subset_roles.ALL, "best single": subset_roles.SINGLE}
BEST = "least error"
OTHER = "another subset"


def severity(curves: Sequence[SeverityCurve], dataset: str, guessing: float) -> Markup | None:
    """Draw severity across, 0 for clean images, and error up, with 95 % bands; None without curves.

    Args:
        curves: of one board.
        dataset: what it is of.
        guessing: the error of a guess, where a line stands if it is in sight.
    """
    if not curves:
        return None
    bounds = [float(end) for curve in curves if curve.bounds is not None for end in curve.bounds.ravel()]
    low, high = room([*(error for curve in curves for error in curve.errors), *bounds])
    steps = len(curves[0].errors)
    ticks = {"values": list(range(steps)), "format": "d", "grid": False, "tickCount": steps}
    x = axis("x", "severity of corruptions, 0 for clean images", (-0.2, steps - 0.8), **ticks)
    y = axis("y", "error: 1 less balanced accuracy", (max(0.0, low), high), **SHARE)
    layers: list[Layer] = []
    keys: dict[str, Layer] = {}
    drawn = sorted(curves, key=lambda curve: (curve.role is not None, curve.bounds is not None))
    for curve in drawn:
        role, mark = _part(curve)
        keys |= {role: mark}
        layers += _layers(curve, mark, x, y)
    if low < guessing < high:
        line = {"type": "rule", "color": "var(--soft)", "strokeWidth": 1, "strokeDash": [4, 3]}
        layers.append(layer(line, [{"y": guessing, "description": f"guessing: {score(guessing)}"}], y=y))
        keys["guessing"] = {**stroke("soft", 1)}
    ordered = dict(sorted(keys.items(), key=lambda pair: pair[0] == OTHER))
    return svg(frame(layers, HEIGHT, ordered), f"Balanced error of {len(curves)} subsets by severity on {dataset}")


def _part(curve: SeverityCurve) -> tuple[str, Layer]:
    if curve.role in MARKS:
        return curve.role, MARKS[curve.role]
    if curve.bounds is not None:
        several = len(curve.subset)
        return (f"fusion of {several}", subset_roles.ALL) if several > 1 else (BEST, subset_roles.CHOSEN)
    return OTHER, {**subset_roles.SUBSET, "size": 16}


def _layers(curve: SeverityCurve, mark: Layer, x: dict[str, Any], y: dict[str, Any]) -> list[Layer]:
    colour = mark["fill"]
    points = [{"x": number, "y": error} for number, error in enumerate(curve.errors)]
    told = f"{curve.role}, {curve.name}" if curve.role else curve.name
    dots = []
    for number, point in enumerate(points):
        where = f"severity {number}" if number else "clean images"
        interval = ""
        if curve.bounds is not None:
            interval = ", 95 % interval {} to {}".format(*map(score, curve.bounds[number]))
        dots.append({**point, "description": f"{told}, {where}: {score(point['y'])}{interval}"})
    others = mark["size"] < 25
    made = [layer({"type": "line", "color": colour, "strokeWidth": 1 if others else 2}, points, x=x, y=y)]
    if curve.bounds is not None:
        band = [
            {"x": number, "low": float(low), "high": float(high)} for number, (low, high) in enumerate(curve.bounds)
        ]
        area = {"type": "area", "color": colour, "fillOpacity": 0.14}
        made.insert(0, layer(area, band, x=x, y={**y, "field": "low"}, y2={"field": "high"}))
    return [*made, layer(mark, dots, x=x, y=y)]
