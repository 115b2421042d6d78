"""This plots test AUC against the month in which a backbone was first public, with the best until then."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from fuseboard.leaderboard.output import plain
from fuseboard.leaderboard.plots import subset_roles
from fuseboard.leaderboard.plots.client import svg
from fuseboard.leaderboard.plots.frame import LEFT, RIGHT, SHARE, TEXT, WIDTH, axis, cut, frame, layer, room
from fuseboard.leaderboard.plots.rank_positions import place

HEIGHT = 200
LETTERS = 22
MAX_TICKS = 8
"""Years that are written below the axis."""


@dataclass(frozen=True)
class Dot:
    """A dot is one backbone."""

    name: str
    month: str
    """In which it was first public, as YYYY-MM."""
    auc: float
    interval: tuple[float, float] | None
    is_step: bool
    """Whether it scored more than all before it; the first of all does."""

    @property
    def year(self) -> float:
        """Return the beginning of the month as a year."""
        year, month = self.month.split("-")
        return int(year) + (int(month) - 1) / 12


def timeline(dots: Sequence[Dot], dataset: str) -> Markup | None:
    """Draw years across and test AUC up, the best until then as steps; None for fewer than two months.

    Args:
        dots: by month.
        dataset: what they were measured on, for those who do not see it.
    """
    if len({dot.month for dot in dots}) < 2:
        return None
    across = room([dot.year for dot in dots])
    up = room([end for dot in dots for end in (dot.interval or (dot.auc,))])
    x, y = axis("x", "first public", across, values=_ticks(*across), format="d"), axis("y", "test AUC", up, **SHARE)
    steps, others = [dot for dot in dots if dot.is_step], [dot for dot in dots if not dot.is_step]
    spans = [{"x": dot.year, "low": dot.interval[0], "high": dot.interval[1]} for dot in dots if dot.interval]
    corners = [*({"x": dot.year, "y": dot.auc} for dot in steps), {"x": across[1], "y": steps[-1].auc}]
    width = WIDTH - LEFT - RIGHT
    labels = place(
        [(_share(d.year, across) * width, (1 - _share(d.auc, up)) * HEIGHT, cut(d.name, LETTERS)) for d in steps],
        width,
        HEIGHT,
        more=False,
    )
    rule = {"type": "rule", "color": "var(--soft)", "strokeOpacity": 0.5}
    line = {"type": "line", "interpolate": "step-after", "color": "var(--plot-chosen)", "strokeWidth": 1.5}
    layers = [
        layer(rule, spans, x=x, y={**y, "field": "low"}, y2={"field": "high"}),
        layer(line, corners, x=x, y=y),
        layer({**subset_roles.SUBSET, "size": 49}, list(map(_value, others)), x=x, y=y),
        layer(subset_roles.CHOSEN, list(map(_value, steps)), x=x, y=y),
        *(
            layer({**TEXT, "color": "var(--ink)", "text": text, "x": at, "y": down, "align": align}, [{}])
            for text, at, down, align in labels
        ),
    ]
    keys = {"best until then": subset_roles.CHOSEN, "another backbone": {**subset_roles.SUBSET, "size": 49}}
    said = f"Test AUC of {len(dots)} backbones on {dataset} by the month in which each was first public"
    return svg(frame([one for one in layers if one["data"]["values"]], HEIGHT, keys), said)


def _value(dot: Dot) -> dict[str, object]:
    return {"x": dot.year, "y": dot.auc, "description": f"{dot.name}, {dot.month}: {plain.score(dot.auc)}"}


def _ticks(low: float, high: float) -> list[int]:
    """Return whole years between two bounds, as many as the axis has room for."""
    years = range(int(low) + 1, int(high) + 1)
    return list(years[:: len(years) // MAX_TICKS + 1])


def _share(value: float, domain: tuple[float, float]) -> float:
    return (value - domain[0]) / (domain[1] - domain[0])
