"""This plots test AUC against labelled images: all backbones, the single one that is best on test, and the others."""

from typing import Any

from markupsafe import Markup

from fuseboard.leaderboard.boards.board import Subset
from fuseboard.leaderboard.boards.few_labels import DatasetCurves
from fuseboard.leaderboard.output.plain import count, score
from fuseboard.leaderboard.plots.client import svg
from fuseboard.leaderboard.plots.frame import SHARE, axis, frame, layer, room, stroke

HEIGHT = 250
COLOURS = {"all of the pool": "plot-chosen", "best single on test": "plot-oracle", "another backbone": "soft"}


def label_curves(found: DatasetCurves) -> Markup | None:
    """Draw labelled images across, in logarithms, and mean test AUC up, with bands of 19 of 20 draws; None for one
    size.
    """
    if len(found.images) < 2:
        return None
    roles: dict[str, list[Subset]] = {
        "another backbone": [s for s in found.curves if s != found.pool and s != found.best_single],
        "best single on test": [found.best_single],
        "all of the pool": [found.pool] if found.fused else [],
    }
    ends = [float(end) for curve in found.curves.values() for end in (*curve.mean, *curve.band.ravel())]
    ticks = list(found.images)
    x = axis(
        "x", "labelled images", (ticks[0] / 1.15, ticks[-1] * 1.15), scale={"type": "log"}, values=ticks, format=",d"
    )
    y = axis("y", "test AUC", room(ends), **SHARE)
    layers = []
    for role, subsets in roles.items():
        for subset in subsets:
            layers += _curve(found, subset, role, x, y)
    keys = {
        role: stroke(COLOURS[role], 2 if role != "another backbone" else 1) for role in reversed(roles) if roles[role]
    }
    across = f"{count(ticks[0])} to {count(ticks[-1])} labelled images of {found.dataset}"
    said = f"Test AUC of {len(found.curves)} curves over {across}"
    return svg(frame(layers, HEIGHT, keys), said)


def _curve(
    found: DatasetCurves, subset: Subset, role: str, x: dict[str, Any], y: dict[str, Any]
) -> list[dict[str, Any]]:
    curve, colour = found.curves[subset], f"var(--{COLOURS[role]})"
    name = role if role == "all of the pool" else subset[0]
    points = [
        {
            "x": n,
            "y": float(m),
            "low": float(low),
            "high": float(high),
            "description": f"{name}, {n} images: {score(float(m))}",
        }
        for n, m, low, high in zip(curve.images, curve.mean, *curve.band, strict=True)
    ]
    bare = [{key: value for key, value in point.items() if key != "description"} for point in points]
    line = layer(
        {"type": "line", "color": colour, "strokeWidth": 1 if role == "another backbone" else 2}, bare, x=x, y=y
    )
    if role == "another backbone":
        return [line]
    band = layer(
        {"type": "area", "color": colour, "fillOpacity": 0.12}, bare, x=x, y={**y, "field": "low"}, y2={"field": "high"}
    )
    dots = layer({"type": "point", "filled": True, "size": 36, "fill": colour}, points, x=x, y=y)
    return [band, line, dots]
