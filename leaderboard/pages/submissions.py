"""Submissions: the backbones that others handed in."""

from collections.abc import Iterator

from leaderboard.material import Material
from leaderboard.pages.page import Page


def pages(material: Material) -> Iterator[Page]:
    """One."""
    yield Page(
        path="submissions.html",
        template="submissions.html.j2",
        title="Submissions",
        description="Backbones that other people embedded and handed in as data.",
        context={"submitted": material.submitted},
    )
