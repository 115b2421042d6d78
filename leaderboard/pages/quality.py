"""Data quality: what backbones had seen before, what the data hides, and where a paper and its code differ."""

from collections.abc import Iterator

from leaderboard import concerns
from leaderboard.boards.smallness import smallness
from leaderboard.material import Material
from leaderboard.pages.page import Page
from store.manifest import DatasetEntry


def pages(material: Material) -> Iterator[Page]:
    """One."""
    snapshot = material.snapshot
    datasets: dict[str, DatasetEntry] = {n: entry for m in snapshot.by_age for n, entry in m.datasets.items()}
    yield Page(
        path="quality.html",
        template="quality.html.j2",
        title="Data quality",
        description="Known training overlap, tiny test sets, images that occur twice, and where paper and code differ.",
        context={
            "concerns": concerns.load(),
            "backbones": [manifest for _, manifest in sorted(snapshot.current.items())],
            "datasets": dict(sorted(datasets.items())),
            "sizes": smallness(snapshot.boards, snapshot.confusions),
        },
    )
