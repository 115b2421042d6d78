"""Home: what this is, the boards at a glance, what it was built from, and what is missing."""

from collections.abc import Iterator

from leaderboard.material import Material
from leaderboard.pages.page import Page


def pages(material: Material) -> Iterator[Page]:
    """One."""
    yield Page(
        path="index.html",
        template="index.html.j2",
        title="Which frozen embeddings of medical images are worth fusing?",
        description="Precomputed embeddings of medical images, every subset of them measured, and what chance did.",
        context={"gaps": material.gaps},
    )
