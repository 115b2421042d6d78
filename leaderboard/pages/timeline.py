"""The page of the timeline shows each dataset's best single backbone by the month in which they were first public."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.pages import address
from fuseboard.leaderboard.pages.page import Page
from fuseboard.leaderboard.plots.figure import Figure
from fuseboard.leaderboard.plots.timeline import Dot, timeline
from fuseboard.leaderboard.rankings.timeline import Timeline, timelines, undated

_SCHEMA = {
    **dict.fromkeys(("protocol", "dataset", "month", "backbone"), pl.String),
    **dict.fromkeys(("auc", "auc_low", "auc_high", "best_until_then", "gain"), pl.Float64),
    "key": pl.String,
}


def pages(site: SiteContext) -> Iterator[Page]:
    """Yield the page of the timeline."""
    found = {table.protocol: tuple(timelines(table, site.months)) for table in site.singles}
    drawn = {protocol: [(one, _figure(one)) for one in own] for protocol, own in found.items() if own}
    yield Page(
        path="boards/timeline.html",
        template="timeline.html.j2",
        title="Timeline",
        description="The best single backbone of each dataset by the month in which the backbones were first public.",
        context={
            "found": drawn,
            "undated": {table.protocol: undated(table, site.months) for table in site.singles},
        },
        figures=[figure for own in drawn.values() for _, figure in own if figure],
        tables={f"timeline-{address.slug(protocol)}": _table(own) for protocol, own in found.items() if own},
    )


def _figure(one: Timeline) -> Figure | None:
    dots = [
        Dot(point.backbone, point.month, point.score.auc, point.score.interval, point.is_step)
        for point in one.points
        if point.score.auc is not None
    ]
    drawing = timeline(dots, one.dataset)
    name = f"timeline-{address.slug(one.protocol)}-{address.slug(one.dataset)}"
    return Figure(name, drawing, _table((one,))) if drawing else None


def _table(own: tuple[Timeline, ...]) -> pl.DataFrame:
    return pl.DataFrame([row for one in own for row in _rows(one)], schema=_SCHEMA)


def _rows(one: Timeline) -> Iterator[Mapping[str, Any]]:
    for point in one.points:
        low, high = point.score.interval or (None, None)
        yield {
            "protocol": one.protocol,
            "dataset": one.dataset,
            "month": point.month,
            "backbone": point.backbone,
            "auc": point.score.auc,
            "auc_low": low,
            "auc_high": high,
            "best_until_then": point.best,
            "gain": point.gain,
            "key": point.score.key,
        }
