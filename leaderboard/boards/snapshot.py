"""A snapshot: everything of a store that the pages show, read once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

import polars as pl

from leaderboard.boards.board import Board
from leaderboard.boards.chance import Chances, chances
from leaderboard.boards.ranking import boards
from leaderboard.boards.supersession import mark
from store import results, similarity
from store.catalog import Catalog
from store.errors import FuseboardError
from store.manifest import Manifest, is_name
from store.shapley import majority_acc
from store.similarity import Similarity
from store.versions import Version, all_versions


@dataclass(frozen=True)
class Snapshot:
    """Manifests, result rows and the boards made of them."""

    manifests: tuple[Manifest, ...]
    rows: pl.DataFrame
    """Every result row with the column `superseded`."""
    boards: tuple[Board, ...]
    chances: Chances
    similarities: tuple[Similarity, ...]
    """How alike two backbones see a dataset, of all versions ever compared."""

    @cached_property
    def newest(self) -> datetime | None:
        """When the newest thing in the store was made: the date of the pages, which a second build does not change."""
        dates = [manifest.created for manifest in self.manifests]
        dates += [row.created for row in self.similarities]
        return max([*dates, *self.rows["created"]], default=None)

    @cached_property
    def datasets(self) -> tuple[str, ...]:
        """Datasets that have a board, by name."""
        return tuple(sorted({board.dataset for board in self.boards}))

    @cached_property
    def titles(self) -> dict[str, str]:
        """Backbone -> title of its newest version."""
        newest_last = sorted(self.manifests, key=lambda m: (m.created, m.fingerprint))
        return {manifest.backbone: manifest.about.title for manifest in newest_last}


def take(root: Path) -> Snapshot:
    """Reads a store; an empty or absent one gives an empty snapshot.

    Intervals that nobody computed yet are computed and kept in the store.

    Raises:
        FuseboardError: a manifest, results or similarity file is damaged, or a row names a dataset that cannot be a
            file name.
    """
    versions = all_versions(root)
    manifests = tuple(version.manifest for version in versions)
    rows = results.read(root)
    for dataset in rows["dataset"].unique().sort():
        if not is_name(dataset):
            raise FuseboardError(
                f"{root / 'results'}: a row names the dataset {dataset!r}, which is no dataset name; "
                "delete the file it came in"
            )
    tasks = {name: entry.task for manifest in manifests for name, entry in manifest.datasets.items()}
    guesses = {name: guess for name in set(rows["dataset"]) if (guess := _guess(root, versions, name)) is not None}
    marked, made = mark(rows), boards(rows, tasks, guesses)
    return Snapshot(
        manifests=manifests,
        rows=marked,
        boards=made,
        chances=chances(root, versions, marked, made),
        similarities=tuple(similarity.read(root)),
    )


def _guess(root: Path, versions: Sequence[Version], dataset: str) -> float | None:
    """The test accuracy of always giving the most frequent answer of training; None where no labels are at hand."""
    for version in sorted(versions, key=lambda version: version.manifest.dim):  # its shards are hashed: narrow first
        entry = version.manifest.datasets.get(dataset)
        if entry is not None and {"train", "test"} <= set(entry.splits):
            try:
                train, test = (Catalog(root).labels(dataset, split, version.spec) for split in ("train", "test"))
            except FuseboardError:  # `fuseboard store verify` names what is damaged
                continue
            return majority_acc(train, test)
    return None
