"""The board of single backbones shows each alone on every dataset, its accuracy on a page of its own."""

from collections.abc import Iterator

import polars as pl

from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.pages import address, download_tables
from fuseboard.leaderboard.pages.page import Page


def pages(site: SiteContext) -> Iterator[Page]:
    """Yield the board of single backbones, by AUC and by accuracy."""
    tables: dict[str, pl.DataFrame] = {}
    scores: dict[str, pl.DataFrame] = {}
    for ranking_table in site.singles:
        slug = address.slug(ranking_table.protocol)
        tables[f"singles-{slug}"] = download_tables.ranking(ranking_table)
        scores[f"scores-of-singles-{slug}"] = download_tables.scores(ranking_table)
    yield Page(
        path="boards/singles.html",
        template="singles.html.j2",
        title="Single backbones",
        description="Every frozen backbone alone on every dataset, ranked by mean test AUC, with intervals and tiers.",
        context={"manifests": site.snapshot.current},
        tables=tables,
    )
    yield Page(
        path="boards/accuracy.html",
        template="accuracy.html.j2",
        title="Accuracy of single backbones",
        description="The test accuracy of every frozen backbone alone on every dataset, with intervals.",
        tables=scores,
    )
