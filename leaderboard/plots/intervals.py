"""This plots values with their intervals, the largest on top."""

from collections.abc import Sequence

from markupsafe import Markup

from fuseboard.leaderboard.plots.client import svg
from fuseboard.leaderboard.plots.frame import axis, down, frame, labels, layer, room, stroke
from fuseboard.store.statistics.ties import level

Row = tuple[str, float, float | None, float | None]

ROW, LEFT = 24, 158
DOT = {"type": "point", "shape": "circle", "size": 49, "filled": True, "fill": "var(--plot-chosen)"}
RING = {**DOT, "fill": "var(--raised)", "stroke": "var(--plot-chosen)", "strokeWidth": 1.5}
SPAN = {"type": "rule", "color": "var(--plot-chosen)", "strokeWidth": 2}


def intervals(rows: Sequence[Row], title: str) -> Markup | None:
    """Draw a dot per row on a common axis, with its 95 % interval; None without rows.

    Args:
        rows: (label, value, low, high); a row whose interval is not known has a ring instead of a dot.
        title: what is shown, for those who do not see it, such as "Test AUC of dinov2 on 12 datasets".
    """
    if not rows:
        return None
    levelled = zip(level([value for _, value, _, _ in rows]), rows, strict=True)
    ranked = [row for _, row in sorted(levelled, key=lambda pair: (-(pair[0] or 0), pair[1][0]))]
    known, unknown = [], []
    for number, (label, value, low, high) in enumerate(ranked):
        if low is None or high is None:
            unknown.append({"x": value, "row": number, "description": f"{label}: {value:.4f}, interval not known"})
        else:
            description = f"{label}: {value:.4f}, 95 % interval {low:.4f} to {high:.4f}"
            known.append({"x": value, "low": low, "high": high, "row": number, "description": description})
    ends = [end for row in ranked for end in row[1:] if end is not None]
    x, y = axis("x", "test AUC", room(ends)), down(len(ranked))
    layers = [
        layer(SPAN, known, x={**x, "field": "low"}, x2={"field": "high"}, y=y),
        layer(DOT, known, x=x, y=y),
        layer(RING, unknown, x=x, y=y),
        labels([row[0] for row in ranked], LEFT, y),
    ]
    keys = {"95 % interval": stroke("plot-chosen", 2), "interval not known": RING} if unknown else {}
    return svg(frame([each for each in layers if each["data"]["values"]], ROW * len(ranked), keys, LEFT), title)
