"""Submission pages: what a stranger handed in, all of it as text, and what its embeddings score here."""

from collections.abc import Iterator

from leaderboard.boards import backbone as boards
from leaderboard.boards.backbone import Alone, Share
from leaderboard.material import Material
from leaderboard.pages import address
from leaderboard.pages.page import Page
from leaderboard.submissions import Submitted


def pages(material: Material) -> Iterator[Page]:
    """One per folder, broken ones too."""
    known = boards.names(material.snapshot)
    names = {one.name for one in material.submitted}
    for one in material.submitted:
        yield Page(
            path=address.submission(one.name),
            template="submission.html.j2",
            title=f"Submission {one.name}",
            description="A backbone that somebody embedded and handed in as data, and what it scores here.",
            context={
                "one": one,
                "has_page": one.broken is None and one.name in known,
                "successor": _successor(one, names),
                "results": list(_results(one, material)),
                "shares": {(share.dataset, share.protocol): share for share in _shares(one, material)},
            },
        )


def _successor(one: Submitted, names: set[str]) -> str | None:
    """The submission that took its place, where that is here."""
    named = one.statement.superseded_by if one.statement is not None else None
    return named if named in names else None


def _results(one: Submitted, material: Material) -> Iterator[tuple[str, Alone]]:
    """(protocol, what it scores alone), of the boards that this very version is on."""
    if one.boards:
        for part in boards.results(one.name, material.singles, material.snapshot.boards):
            for alone in part.alone:
                if alone.score.dataset in one.boards:
                    yield part.protocol, alone


def _shares(one: Submitted, material: Material) -> Iterator[Share]:
    if one.boards:
        yield from (share for share in boards.shares(one.name, material.snapshot.boards) if share.dataset in one.boards)
