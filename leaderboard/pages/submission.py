"""Submission pages show what a stranger handed in, all of it as text, and what its embeddings score here."""

from collections.abc import Iterator

from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.context.submissions import SubmissionEntry
from fuseboard.leaderboard.pages import address
from fuseboard.leaderboard.pages import backbone_profile as boards
from fuseboard.leaderboard.pages.backbone_profile import PoolContribution, SingleScore
from fuseboard.leaderboard.pages.page import Page


def pages(site: SiteContext) -> Iterator[Page]:
    """Yield one page per folder, broken ones too."""
    known = boards.names(site.snapshot)
    names = {one.name for one in site.submissions}
    for one in site.submissions:
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
                "pool_contributions": {
                    (contribution.dataset, contribution.protocol): contribution
                    for contribution in _pool_contributions(one, site)
                },
            },
        )


def _successor(one: SubmissionEntry, names: set[str]) -> str | None:
    """Return the submission that took its place, where that is here."""
    named = one.statement.superseded_by if one.statement is not None else None
    return named if named in names else None


def _results(one: SubmissionEntry, site: SiteContext) -> Iterator[tuple[str, SingleScore]]:
    """Yield (protocol, what it scores alone) of the boards that this very version is on."""
    if one.boards:
        for part in boards.results(one.name, site.singles, site.apart_singles, site.snapshot.boards):
            for alone in part.alone:
                if alone.score.dataset in one.boards:
                    yield part.protocol, alone


def _pool_contributions(one: SubmissionEntry, site: SiteContext) -> Iterator[PoolContribution]:
    if one.boards:
        yield from (
            contribution
            for contribution in boards.pool_contributions(one.name, site.snapshot.boards)
            if contribution.dataset in one.boards
        )
