"""Data quality: what backbones had seen before, what the data hides, and where a paper and its code differ."""

from collections.abc import Iterator

from leaderboard import concerns
from leaderboard.boards.smallness import smallness
from leaderboard.material import Material
from leaderboard.pages.page import Page
from store.manifest import DatasetEntry, Manifest


def pages(material: Material) -> Iterator[Page]:
    """One."""
    snapshot = material.snapshot
    newest_last = sorted(snapshot.manifests, key=lambda m: (m.created, m.fingerprint))
    backbones: dict[str, Manifest] = {manifest.backbone: manifest for manifest in newest_last}
    datasets: dict[str, DatasetEntry] = {n: entry for m in newest_last for n, entry in m.datasets.items()}
    yield Page(
        path="quality.html",
        template="quality.html.j2",
        title="Data quality",
        description="Known training overlap, tiny test sets, images that occur twice, and where paper and code differ.",
        context={
            "concerns": concerns.load(),
            "backbones": [backbones[name] for name in sorted(backbones)],
            "datasets": dict(sorted(datasets.items())),
            "sizes": smallness(snapshot.boards, snapshot.confusions),
        },
    )
