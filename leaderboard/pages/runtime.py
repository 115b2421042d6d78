"""Runtime and memory: what extraction, search and tuning took."""

from collections.abc import Iterator

from leaderboard.bars import bars
from leaderboard.material import Material
from leaderboard.pages.page import Page


def pages(material: Material) -> Iterator[Page]:
    """One."""
    yield Page(
        path="runtime.html",
        template="profile.html.j2",
        title="Runtime and memory",
        description="What computing the embeddings and searching over them took, on which machines.",
        context={
            "extractions": material.extractions,
            "totals": material.totals,
            "searches": material.searches,
            "runtimes": material.runtimes,
            "bars": bars(material.runtimes),
        },
    )
