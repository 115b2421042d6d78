"""This plots values with their intervals, the largest on top."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from fuseboard.leaderboard.output.plain import score
from fuseboard.leaderboard.plots.client import svg
from fuseboard.leaderboard.plots.frame import SHARE, axis, down, frame, labels, layer, room, stroke
from fuseboard.store.statistics.ties import level

ROW, LEFT = 24, 158
DOT = {"type": "point", "shape": "circle", "size": 49, "filled": True, "fill": "var(--plot-chosen)"}
RING = {**DOT, "fill": "var(--raised)", "stroke": "var(--plot-chosen)", "strokeWidth": 1.5}
SPAN = {"type": "rule", "color": "var(--plot-chosen)", "strokeWidth": 2}
_SHADE = {"fill": "var(--plot-chosen)", "fillOpacity": 0.12}
BAND = {"type": "rect", **_SHADE}
KEY_BAND = {"type": "point", "shape": "square", "size": 144, "filled": True, **_SHADE}
TIED, TIED_KEY = "cannot be told from the best", "tied with the best"


@dataclass(frozen=True)
class Estimate:
    """It is one row: a value with its 95 % interval."""

    label: str
    value: float
    low: float | None
    high: float | None
    """None like `low` where the interval is not known."""
    href: str | None = None
    """The page of the site that the row leads to, from the page that it is drawn on."""
    tied: bool = False
    """Whether it cannot be told from the best row: its ground is shaded."""

    @property
    def description(self) -> str:
        """Return the row as a sentence, for those who hover over it or do not see it."""
        known = self.low is not None and self.high is not None
        interval = f"95 % interval {score(self.low)} to {score(self.high)}" if known else "interval not known"
        return f"{self.label}: {score(self.value)}, {interval}" + (f"; {TIED}" if self.tied else "")


def intervals(rows: Sequence[Estimate], title: str, across: str = "test AUC") -> Markup | None:
    """Draw a dot per row on a common axis, with its 95 % interval; None without rows.

    A row whose interval is not known has a ring instead of a dot.

    Args:
        rows: in any order.
        title: what is shown, for those who do not see it, such as "Test AUC of dinov2 on 12 datasets".
        across: what the values are.
    """
    if not rows:
        return None
    levelled = zip(level([row.value for row in rows]), rows, strict=True)
    ranked = [row for _, row in sorted(levelled, key=lambda pair: (-(pair[0] or 0), pair[1].label))]
    known, unknown, tied = [], [], []
    for number, row in enumerate(ranked):
        there = {"x": row.value, "row": number, "description": row.description}
        if row.low is None or row.high is None:
            unknown.append(there)
        else:
            known.append({**there, "low": row.low, "high": row.high})
        if row.tied:
            tied.append({"top": number - 0.5, "bottom": number + 0.5})
    ends = [end for row in ranked for end in (row.value, row.low, row.high) if end is not None]
    x, y = axis("x", across, room(ends), **SHARE), down(len(ranked))
    layers = [
        layer({**BAND, "x": -LEFT, "x2": "width"}, tied, y={**y, "field": "top"}, y2={"field": "bottom"}),
        layer(SPAN, known, x={**x, "field": "low"}, x2={"field": "high"}, y=y),
        layer(DOT, known, x=x, y=y),
        layer(RING, unknown, x=x, y=y),
        labels([(row.label, row.description, row.href) for row in ranked], LEFT, y),
    ]
    keys = {TIED_KEY: KEY_BAND} if tied else {}
    keys |= {"95 % interval": stroke("plot-chosen", 2), "interval not known": RING} if unknown else {}
    return svg(frame([each for each in layers if each["data"]["values"]], ROW * len(ranked), keys, LEFT), title)
