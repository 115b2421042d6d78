"""Reported elsewhere: published figures, apart from everything that was measured here."""

from collections.abc import Iterator

from leaderboard.material import Material
from leaderboard.pages.page import Page


def pages(material: Material) -> Iterator[Page]:
    """One."""
    yield Page(
        path="reported.html",
        template="reported.html.j2",
        title="Reported elsewhere",
        description="Figures that others published, with their sources, and how they fare against measured ones.",
        context={"sections": material.published},
    )
