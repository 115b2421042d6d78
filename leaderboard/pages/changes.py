"""The page of changes shows what every build found different from the one before."""

from collections.abc import Iterator, Mapping
from typing import Any

from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.feeds.changes import Changes
from fuseboard.leaderboard.pages.page import Page

SHOWN = 20
"""Entries whose tables are on the page; of older ones the page has the words only."""


def pages(site: SiteContext, changes: Changes) -> Iterator[Page]:
    """Yield the page of changes."""
    previous = site.release.previous if site.release else None
    yield Page(
        path="changes.html",
        template="changes.html.j2",
        title=f"Changes since {previous}" if previous else "Changes",
        description="Which rows, ranks and choices changed from build to build of this site, and why.",
        context={"shown": SHOWN, "entries": changes.history.entries, "here": here(site)},
    )


def here(site: SiteContext) -> Mapping[str, Any]:
    """Return what an entry may link to: it may be of things that are gone, or of a file that somebody changed."""
    return {
        "keys": dict(site.snapshot.rows.select("key", "dataset").iter_rows()),
        "datasets": set(site.snapshot.datasets),
        "backbones": set(site.backbones),
    }
