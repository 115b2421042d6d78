"""The board of contributions: what each backbone adds to the pool, as Shapley values."""

from collections.abc import Iterator

from leaderboard.boards.shares import shares
from leaderboard.material import Material
from leaderboard.pages import address, frames
from leaderboard.pages.page import Page


def pages(material: Material) -> Iterator[Page]:
    """One."""
    found = [shares(material.snapshot, protocol) for protocol in material.protocols]
    yield Page(
        path="boards/contribution.html",
        template="contribution.html.j2",
        title="Contribution",
        description="What each backbone adds to the pool on every dataset, as exact Shapley values.",
        context={"found": found},
        tables={f"contribution-{address.slug(one.protocol)}": frames.contributions(one) for one in found if one.rows},
    )
