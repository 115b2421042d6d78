"""The board of contributions shows what each backbone adds to the pool, as Shapley values."""

from collections.abc import Iterator

from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.pages import address, download_tables
from fuseboard.leaderboard.pages.page import Page
from fuseboard.leaderboard.rankings.contributions import contribution_table


def pages(site: SiteContext) -> Iterator[Page]:
    """Yield the board of contributions."""
    found = [contribution_table(site.snapshot, protocol) for protocol in site.protocols]
    yield Page(
        path="boards/contribution.html",
        template="contribution.html.j2",
        title="Contribution",
        description="What each backbone adds to the pool on every dataset, as exact Shapley values.",
        context={"found": found},
        tables={
            f"contribution-{address.slug(one.protocol)}": download_tables.contributions(one)
            for one in found
            if one.rows
        },
    )
