"""The facts of a dataset are read from the embeddings that the store holds of it."""

from collections.abc import Iterable
from dataclasses import dataclass

from fuseboard.leaderboard.boards.board import Board
from fuseboard.leaderboard.rows.domains import CORRUPTED, Domains, is_corrupted
from fuseboard.store.embeddings.manifest import SPLITS, DatasetEntry, Manifest


@dataclass(frozen=True)
class Facts:
    """They describe one dataset; what no embedding says is None or empty."""

    modality: str
    """That of the clean images where these are corrupted."""
    corrupted: bool
    task: str | None
    classes: tuple[str, ...]
    licence: str | None
    source_md5: tuple[str, ...]
    """They identify the archives that the boards' images came from, one where all boards agree."""
    images: tuple[tuple[str, int], ...]
    """(split, images), in the order of a split's use."""
    embedded: tuple[str, ...]
    """Backbones with embeddings of it in the store, by name."""


def facts(dataset: str, manifests: Iterable[Manifest], boards: Iterable[Board], domains: Domains) -> Facts:
    """Return the facts of a dataset from the fullest manifest of its boards' images, the newest of equals.

    Args:
        dataset: by name.
        manifests: of the store.
        boards: of this dataset.
        domains: of the store.
    """
    sources = tuple(sorted({board.source_md5 for board in boards}))
    holding = [(m, m.datasets[dataset]) for m in manifests if dataset in m.datasets]
    same = [(m, entry) for m, entry in holding if not sources or entry.source_md5 in sources]
    newest: DatasetEntry | None = None
    if same:
        newest = max(same, key=lambda one: (len(one[1].splits), one[0].created, one[0].fingerprint))[1]
        sources = sources or (newest.source_md5,)
    splits = newest.splits if newest else {}
    return Facts(
        modality=domains.modality(dataset.removesuffix(CORRUPTED) if is_corrupted(dataset) else dataset),
        corrupted=is_corrupted(dataset),
        task=newest.task if newest else None,
        classes=newest.label_names if newest else (),
        licence=newest.licence if newest else None,
        source_md5=sources,
        images=tuple((split, splits[split].rows) for split in SPLITS if split in splits),
        embedded=tuple(sorted({m.backbone for m, _ in same})),
    )
