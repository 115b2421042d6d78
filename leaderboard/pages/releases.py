"""The page of releases lists the frozen boards beside the living one; in a release it is about that release."""

from collections.abc import Iterator, Sequence

from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.feeds.changes import Changes
from fuseboard.leaderboard.pages.changes import here
from fuseboard.leaderboard.pages.page import Page
from fuseboard.leaderboard.releases import citation, shelf
from fuseboard.leaderboard.releases.archive import RECORD, SUFFIX, Archive

PATH = "releases.html"


def pages(site: SiteContext, held: Sequence[Archive], since: Changes | None) -> Iterator[Page]:
    """Yield the list of releases.

    Args:
        site: the living board.
        held: its releases, the newest first.
        since: what is other on the living board than in the newest of them; None where there is none.
    """
    entries = since.history.entries if since else ()
    yield Page(
        path=PATH,
        template="releases.html.j2",
        title="Releases",
        description="The board as it stood on named days, frozen: to be cited, and to compare with what it says now.",
        context={
            "held": held,
            "folder": shelf.FOLDER,
            "suffix": SUFFIX,
            "entry": entries[0] if entries else None,
            "citation": citation.bibtex(held[0].record) if held else None,
            "here": here(site),
        },
    )


def of_release(site: SiteContext, changes: Changes) -> Iterator[Page]:
    """Yield what a release says of itself.

    Args:
        site: of the release.
        changes: what is other in it than in the release before.
    """
    assert site.release is not None
    yield Page(
        path=PATH,
        template="release.html.j2",
        title=f"Release {site.release.name}",
        description=f"What release {site.release.name} of the board holds, how it is cited, and how to check it.",
        context={
            "release": site.release,
            "headline": changes.history.entries[0].headline if changes.history.entries else None,
            "citation": citation.bibtex(site.release),
            "record": RECORD,
            "cff": citation.PATH,
        },
    )
