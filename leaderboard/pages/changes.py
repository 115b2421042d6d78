"""The page of changes shows what every build found different from the one before."""

from collections.abc import Iterator

from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.feeds.changes import Changes
from fuseboard.leaderboard.pages.page import Page

SHOWN = 20
"""Entries whose tables are on the page; of older ones the page has the words only."""


def pages(site: SiteContext, changes: Changes) -> Iterator[Page]:
    """Yield the page of changes."""
    rows = site.snapshot.rows
    yield Page(
        path="changes.html",
        template="changes.html.j2",
        title="Changes",
        description="Which rows, ranks and choices changed from build to build of this site, and why.",
        context={
            "shown": SHOWN,
            "entries": changes.history.entries,
            # An entry may be of things that are gone, or of a file that somebody changed: it links to what is here.
            "here": {
                "keys": dict(rows.select("key", "dataset").iter_rows()),
                "datasets": set(site.snapshot.datasets),
                "backbones": set(site.backbones),
            },
        },
    )
