"""A snapshot holds everything of a store that the pages show, read once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import polars as pl

from fuseboard.leaderboard.boards.board import Board
from fuseboard.leaderboard.boards.board_uncertainty import BoardUncertainties, board_uncertainties
from fuseboard.leaderboard.boards.build import boards
from fuseboard.leaderboard.boards.confusion import Confusions, confusions
from fuseboard.leaderboard.boards.sizes import SizeTable, size_tables
from fuseboard.leaderboard.rows.current import mark
from fuseboard.leaderboard.rows.derived_rows import derived_names, without_derived_alone
from fuseboard.leaderboard.rows.domains import Domains
from fuseboard.leaderboard.rows.validation import InvalidRows, valid_rows
from fuseboard.leaderboard.rows.version_files import VersionFiles, version_files
from fuseboard.store.arrays import Labels
from fuseboard.store.embeddings.current import Current
from fuseboard.store.embeddings.manifest import Manifest
from fuseboard.store.errors import FuseboardError
from fuseboard.store.results import corruption_errors, profiles, similarity_rows
from fuseboard.store.results.damaged import damaged_results
from fuseboard.store.results.evaluations import FEW_LABELS
from fuseboard.store.results.profiles import Profile
from fuseboard.store.results.similarity_rows import Similarity
from fuseboard.store.statistics.shapley import majority_acc
from fuseboard.store.store import Store


@dataclass(frozen=True)
class Shipped:
    """It says how much of a dataset was measured by this project and came with fuseboard."""

    rows: int
    of: int
    newest: datetime


@dataclass(frozen=True)
class Snapshot:
    """It holds manifests, result rows and the boards made of them."""

    manifests: tuple[Manifest, ...]
    version_files: Mapping[tuple[str, str], VersionFiles]
    """(backbone, fingerprint) -> what lies beside a manifest."""
    says: Current
    """What the store says is current, by which the rows are marked."""
    rows: pl.DataFrame
    """Every result row with the column `superseded`, but for those of draws."""
    draws: pl.DataFrame
    """The rows of draws of few labelled images likewise: thousands, which count as curves and not one by one."""
    boards: tuple[Board, ...]
    board_uncertainties: BoardUncertainties
    confusions: Confusions
    similarities: tuple[Similarity, ...]
    """How alike two backbones see a dataset, of all versions ever compared."""
    profiles: tuple[Profile, ...]
    """What forward passes of backbones cost, by device, weights and name."""
    balanced_errors: Mapping[str, float | str]
    """Key of a row on a corrupted set -> its balanced error, or why there is none."""
    corrupted_truths: Mapping[tuple[str, str], tuple[str, Labels]]
    """(corrupted dataset, source MD5) -> the task and labels of its images, of those of one label per image."""
    damaged: tuple[tuple[str, str, str], ...]
    """Files that are left out, what is wrong with each, and how to mend it."""
    invalid_rows: tuple[InvalidRows, ...]
    """Rows that are left out, with the reason."""
    referenced: frozenset[str]
    """Keys of rows that were not measured in this store but came with fuseboard."""
    disputed: tuple[str, ...]
    """Keys of rows that stand in the store twice with different metrics."""
    sizes: tuple[SizeTable, ...] = ()
    """Derived versions beside their sources, by dataset and protocol."""
    derived: frozenset[str] = frozenset()
    """Names of the derived versions, which are ranked as backbones nowhere."""

    @cached_property
    def newest(self) -> datetime | None:
        """Return when the newest thing in the store was made: the date of the pages, which a second build does not
        change."""
        dates = [manifest.created for manifest in self.manifests]
        dates += [row.created for row in self.similarities]
        return max([*dates, *self.rows["created"], *self.draws["created"]], default=None)

    def shipped(self, dataset: str) -> Shipped | None:
        """Count the rows of a dataset that came with fuseboard; None where it has none."""
        own = self.rows.filter(pl.col("dataset") == dataset)
        came = own.filter(pl.col("key").is_in(list(self.referenced)))
        return Shipped(len(came), len(own), max(came["created"])) if len(came) else None

    @cached_property
    def ranked_rows(self) -> pl.DataFrame:
        """Return the rows but for those of derived versions alone."""
        return without_derived_alone(self.rows, self.derived)

    @cached_property
    def domains(self) -> Domains:
        """Return what the datasets are declared to be."""
        return Domains.of(self.manifests)

    @cached_property
    def datasets(self) -> tuple[str, ...]:
        """Return the datasets that have a board, by name."""
        return tuple(sorted({board.dataset for board in self.boards}))

    @cached_property
    def by_age(self) -> tuple[Manifest, ...]:
        """Return the manifests, the newest last."""
        return tuple(sorted(self.manifests, key=lambda m: (m.created, m.fingerprint)))

    @cached_property
    def current(self) -> dict[str, Manifest]:
        """Map each backbone to the manifest of its current version."""
        return {manifest.backbone: manifest for manifest in self.by_age if self.says.is_current(manifest)}

    @cached_property
    def titles(self) -> dict[str, str]:
        """Map each backbone to the title of its current version."""
        return {name: manifest.about.title for name, manifest in self.current.items()}


def take(store: Store) -> Snapshot:
    """Reads a store; an empty or absent one gives an empty snapshot.

    Intervals that nobody computed yet are computed and kept in the store.

    Files that cannot be read and rows that mean nothing are left out and named.
    """
    manifests = tuple(version.manifest for version in store.versions)
    rows, invalid_rows = valid_rows(store.reading.rows)
    tasks = {name: entry.task for manifest in manifests for name, entry in manifest.datasets.items()}
    guesses = {name: guess for name in set(rows["dataset"]) if (guess := _guess(store, name)) is not None}
    smaller = derived_names(rows, manifests)
    ranked = without_derived_alone(rows, smaller)
    marked, made = mark(rows, store.current), boards(ranked, tasks, guesses, store.current, smaller)
    is_draw = pl.col("evaluation") == FEW_LABELS.name
    held = {*tasks, *rows["dataset"]}
    damaged = [one for one in damaged_results(store.root) if one.path.suffix == ".csv" or one.path.parent.name in held]
    left_out = [*store.broken_versions.values(), *damaged]
    return Snapshot(
        manifests=manifests,
        version_files=version_files(store.versions),
        says=store.current,
        rows=marked.filter(~is_draw),
        draws=without_derived_alone(marked.filter(is_draw), smaller),
        boards=made,
        board_uncertainties=board_uncertainties(store, mark(ranked, store.current), made),
        confusions=confusions(store, rows, made),
        similarities=tuple(
            one for one in similarity_rows.read(store.root, reference=store.reference) if one.dataset in held
        ),
        profiles=tuple(profiles.read(store.root, store.reference)),
        balanced_errors=corruption_errors.errors(store.root, store.versions, rows, store.reference),
        corrupted_truths=corruption_errors.truths(store.versions, rows),
        damaged=tuple((one.path.relative_to(store.root).as_posix(), one.what, one.mend) for one in left_out),
        invalid_rows=invalid_rows,
        referenced=store.reading.referenced,
        disputed=store.reading.disputed,
        sizes=size_tables(store, marked),
        derived=smaller,
    )


def _guess(store: Store, dataset: str) -> float | None:
    """Return the test accuracy of always giving the most frequent answer of training; None where no labels are at
    hand."""
    for version in sorted(
        store.versions, key=lambda version: version.manifest.dim
    ):  # its shards are hashed: narrow first
        entry = version.manifest.datasets.get(dataset)
        if entry is not None and {"train", "test"} <= set(entry.splits):
            try:
                train, test = (store.labels(dataset, split, version.spec) for split in ("train", "test"))
            except FuseboardError:  # `fuseboard store verify` names what is damaged
                continue
            return majority_acc(train, test)
    return None
