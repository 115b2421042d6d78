"""The page of submissions lists the backbones that others handed in."""

from collections.abc import Iterator

from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.pages.page import Page


def pages(site: SiteContext) -> Iterator[Page]:
    """Yield the page of submissions."""
    yield Page(
        path="submissions.html",
        template="submissions.html.j2",
        title="Submissions",
        description="Backbones that other people embedded and handed in as data.",
        context={"submitted": site.submissions},
    )
