"""The page of what is missing says what the boards leave out, and why."""

from collections.abc import Iterator

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
    )
