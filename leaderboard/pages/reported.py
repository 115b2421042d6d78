"""The page of reported numbers shows published figures, apart from everything that was measured here."""

from collections.abc import Iterator

from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.pages.page import Page


def pages(site: SiteContext) -> Iterator[Page]:
    """Yield the page of reported numbers."""
    yield Page(
        path="reported.html",
        template="reported.html.j2",
        title="Reported elsewhere",
        description="Figures that others published, with their sources, and how they fare against measured ones.",
        context={"sections": site.published},
    )
