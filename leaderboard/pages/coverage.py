"""The page of what is missing says what the boards leave out, and why."""

from collections.abc import Iterator

import polars as pl

from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.pages.page import Page


def pages(site: SiteContext) -> Iterator[Page]:
    """Yield the page."""
    yield Page(
        path="coverage.html",
        template="coverage.html.j2",
        title="What is missing",
        description="What the boards leave out, why, and the command that fills each gap.",
        context={"missing_results": site.missing_results},
        tables={"coverage": _table(site)},
    )


def _table(site: SiteContext) -> pl.DataFrame:
    """Return one row per backbone and dataset."""
    rows = [
        (name, dataset, cell.state, list(cell.protocols))
        for name, own in site.coverage.cells.items()
        for dataset, cell in own.items()
    ]
    table = pl.DataFrame(rows, schema=["backbone", "dataset", "state", "protocols"], orient="row")
    return table.cast({"protocols": pl.List(pl.String)}).cast(dict.fromkeys(table.columns[:3], pl.String))
