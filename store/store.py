"""The store, opened once: its versions, embeddings and results, each read when it is first asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fuseboard.store.additions import Additions
from fuseboard.store.files.location import store_root
from fuseboard.store.private_tables import PrivateTables

if TYPE_CHECKING:  # NumPy, Polars and DuckDB are imported by what needs them, so that a light command starts at once
    import duckdb
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from fuseboard.store.arrays import Labels
    from fuseboard.store.embeddings.current import Cards, Current, Digests
    from fuseboard.store.embeddings.join import Blocks
    from fuseboard.store.embeddings.labels import Images
    from fuseboard.store.embeddings.versions import Version
    from fuseboard.store.files.damage import DamagedFile
    from fuseboard.store.results.interval_cache import Intervals
    from fuseboard.store.results.rows import Reading, Result


class Store(Additions, PrivateTables):
    """Embeddings and results in one folder.

    A command or program opens a store once and hands it on: manifests, rows and intervals are read when they are first
    asked for, and not again. What is written through this object is seen by it; what other processes write meanwhile
    is seen by the next one that is opened.

    Args:
        root: the folder; `$FUSEBOARD_STORE`, else the user's cache directory, where it is None. It may not exist yet.
        cards: gives, per backbone, the fingerprint that its present card makes, which its name then means.
        digests: gives the digests that the present definition of a protocol makes; of others no row is current.
        reference: a store without vectors whose rows, versions and labels are read beside, and never written.
    """

    def __init__(
        self,
        root: Path | str | None = None,
        cards: Cards = dict,
        digests: Digests | None = None,
        reference: Path | None = None,
    ) -> None:
        self.root = store_root(None if root is None else Path(root))
        self.reference = reference
        self._cards, self._digests = cards, digests
        self._rows: dict[tuple[str, str], pl.DataFrame] = {}
        self._intervals: dict[str, Intervals] = {}
        self._truths: dict[Images, tuple[str, Labels]] = {}

    def __repr__(self) -> str:
        return f"Store({str(self.root)!r})"

    @cached_property
    def _survey(self) -> tuple[list[Version], dict[Path, DamagedFile]]:
        from fuseboard.store.embeddings.versions import survey

        return survey(self.root, self.reference)

    @property
    def versions(self) -> list[Version]:
        """Every version, by backbone and then age; one whose manifest cannot be read is left out, with a warning."""
        from fuseboard.store.files import damage

        damage.tell(self.broken_versions.values())
        return self._survey[0]

    @property
    def broken_versions(self) -> Mapping[Path, DamagedFile]:
        """Folder of a version -> what is wrong with its manifest."""
        return self._survey[1]

    @cached_property
    def current(self) -> Current:
        """Which of several versions, protocol definitions and source images is meant, for whatever must decide."""
        from fuseboard.store.embeddings.current import Current

        known = {} if self._digests is None else {"digests": self._digests}
        return Current(self._survey[0], self._cards(), **known)

    def version(self, spec: str, dataset: str | None = None) -> Version:
        """The version that `backbone` or `backbone@fingerprint-prefix` names.

        Args:
            spec: what to look for. A name alone means the version of the present card where there are several.
            dataset: only versions that hold it count, where there are any.

        Raises:
            FuseboardError: nothing fits, or several do, or a manifest of the backbone cannot be read. Never guesses
                which of two versions was meant.
        """
        from fuseboard.store.embeddings.version_names import named

        return named(spec, dataset, self._survey, lambda: self.current, self.root)

    def versions_of(self, dataset: str, specs: Sequence[str] = ()) -> dict[str, Version]:
        """Backbone -> one version each, by name, all with embeddings of the same source file of a dataset.

        Args:
            dataset: whose embeddings must be there.
            specs: names or `name@fingerprint`; all backbones that hold the dataset when empty.

        Raises:
            FuseboardError: as `version`, no backbone has embeddings of the dataset, or two embedded different files.
        """
        from fuseboard.store.embeddings.version_names import by_backbone, holding
        from fuseboard.store.files import damage

        names = specs or holding(dataset, self.versions, self.root)
        found = by_backbone(dataset, [self.version(spec, dataset) for spec in names], self.root)
        damage.tell(self.broken_versions.values())  # of others, which are not needed
        return found

    def forget_versions(self) -> None:
        """Has the versions read again, after one was added, changed or removed."""
        for read in ("_survey", "current"):
            self.__dict__.pop(read, None)
        self._truths.clear()
        self._intervals.clear()

    def blocks(self, dataset: str, split: str, backbones: Sequence[str]) -> Blocks:
        """Per backbone one contiguous float32 (N, D) matrix, joined by image id, with the labels.

        Raises:
            FuseboardError: an unknown name, a damaged shard, a missing or duplicate id, labels that disagree.
        """
        from fuseboard.store.embeddings.join import join

        return join(dataset, split, [self.version(spec, dataset) for spec in backbones])

    def labels(self, dataset: str, split: str, backbone: str) -> Labels:
        """The labels of a split as one backbone's shards have them, by ascending id, without reading a vector."""
        from fuseboard.store.embeddings import block

        return block.read(self.version(backbone, dataset), dataset, split, vectors=False).labels

    def truth(self, row: Mapping[str, Any]) -> tuple[str, Labels]:
        """Task and labels, by ascending id, of the images that a result row predicted; read once per images.

        Raises:
            FuseboardError: no version holds these images, or what holds them is damaged.
        """
        from fuseboard.store.embeddings import labels

        images = labels.images_of(self.versions, row)
        if images not in self._truths:
            self._truths[images] = labels.truth(self.versions, *images)
        return self._truths[images]

    def sql(self, query: str) -> duckdb.DuckDBPyRelation:
        """Returns the answer to one SELECT over `versions`, `shards`, `embeddings`, `images`, `metadata`, `results`."""
        from fuseboard.store import sql

        return sql.select(self.root, self.versions, query)

    def rows(self, evaluation: str = "*", dataset: str = "*", scores: bool = False) -> pl.DataFrame:
        """Result rows of an evaluation and a dataset, or of all, ordered so that equal stores give equal frames.

        With `scores` come the predictions, which are large: such rows are read each time and not held.

        A file that cannot be read is left out, with a warning.
        """
        from fuseboard.store.results import rows

        if not scores and (evaluation, dataset) in self._rows:
            return self._rows[evaluation, dataset]
        found = rows.read(self.root, evaluation, dataset, scores, self.reference)
        if not scores:
            self._rows[evaluation, dataset] = found
        return found

    def known_keys(self, evaluation: str, dataset: str) -> set[str]:
        """Keys of its own rows as they are now: what other processes did meanwhile is not done twice."""
        from fuseboard.store.results import rows

        self._rows.pop((evaluation, dataset), None)  # of others the rows, intervals and the reading are still good
        return set(rows.read(self.root, evaluation, dataset)["key"])

    @cached_property
    def reading(self) -> Reading:
        """All result rows as far as they can be read, without predictions, and what could not be."""
        from fuseboard.store.results import rows

        return rows.read_all(self.root, reference=self.reference)

    def keep(self, rows: Iterable[Result]) -> None:
        """Writes rows of one evaluation and dataset, at once and whole."""
        from fuseboard.store.results.rows import keep

        keep(self.root, rows)
        self._forget_rows()

    def compact(self, evaluation: str, dataset: str, drop_scores: Collection[str] = ()) -> None:
        """Joins the small files of finished fits into one, without the predictions of the rows `drop_scores` names."""
        from fuseboard.store.results import compaction

        compaction.compact(self.root, evaluation, dataset, drop_scores)
        self._forget_rows()

    def predictions(self, evaluation: str, dataset: str, key: str) -> NDArray[np.floating[Any]] | None:
        """Returns (N, C) predictions of one row; None where they were not kept."""
        from fuseboard.store.results import predictions

        return predictions.of_one(self.root, evaluation, dataset, key, self.reference)

    def intervals(self, dataset: str) -> Intervals:
        """What the test rows of a dataset measure on resamples of its images; what is not known yet is computed."""
        from fuseboard.store.results.interval_cache import Intervals

        if dataset not in self._intervals:
            self._intervals[dataset] = Intervals(self.root, dataset, self.versions, self.reference)
        return self._intervals[dataset]

    def _forget_rows(self) -> None:
        self._rows, self._intervals = {}, {}
        self.__dict__.pop("reading", None)
