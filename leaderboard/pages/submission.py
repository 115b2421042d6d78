"""Submission pages: what a stranger handed in, all of it as text, and what its embeddings score here."""

from collections.abc import Iterator

from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.context.submissions import Submitted
from fuseboard.leaderboard.pages import address
from fuseboard.leaderboard.pages import backbone_profile as boards
from fuseboard.leaderboard.pages.backbone_profile import Alone, Share
from fuseboard.leaderboard.pages.page import Page


def pages(site: SiteContext) -> Iterator[Page]:
    """One per folder, broken ones too."""
    known = boards.names(site.snapshot)
    names = {one.name for one in site.submitted}
    for one in site.submitted:
        yield Page(
            path=address.submission(one.name),
            template="submission.html.j2",
            title=f"Submission {one.name}",
            description="A backbone that somebody embedded and handed in as data, and what it scores here.",
            context={
                "one": one,
                "has_page": one.broken is None and one.name in known,
                "successor": _successor(one, names),
                "results": list(_results(one, site)),
                "shares": {(share.dataset, share.protocol): share for share in _shares(one, site)},
            },
        )


def _successor(one: Submitted, names: set[str]) -> str | None:
    """The submission that took its place, where that is here."""
    named = one.statement.superseded_by if one.statement is not None else None
    return named if named in names else None


def _results(one: Submitted, site: SiteContext) -> Iterator[tuple[str, Alone]]:
    """(protocol, what it scores alone), of the boards that this very version is on."""
    if one.boards:
        for part in boards.results(one.name, site.singles, site.snapshot.boards):
            for alone in part.alone:
                if alone.score.dataset in one.boards:
                    yield part.protocol, alone


def _shares(one: Submitted, site: SiteContext) -> Iterator[Share]:
    if one.boards:
        yield from (share for share in boards.shares(one.name, site.snapshot.boards) if share.dataset in one.boards)
