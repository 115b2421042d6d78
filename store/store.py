"""The store, opened once: its versions, embeddings and results, each read when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fuseboard.store.errors import FuseboardError, UsageError, unknown
from fuseboard.store.files.location import store_root

if TYPE_CHECKING:  # NumPy, Polars and DuckDB are imported by what needs them, so that a light command starts at once
    import duckdb
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from fuseboard.store.arrays import Labels
    from fuseboard.store.embeddings.join import Blocks
    from fuseboard.store.embeddings.versions import Version
    from fuseboard.store.results.interval_cache import Intervals
    from fuseboard.store.results.rows import Reading, Result
    from fuseboard.store.results.similarity_rows import Similarity


class Store:
    """Embeddings and results in one folder.

    A command or program opens a store once and hands it on: manifests, rows and intervals are read when they are first
    asked for, and not again. What is written through this object is seen by it; what other processes write meanwhile
    is seen by the next one that is opened.

    Args:
        root: the folder; `$FUSEBOARD_STORE`, else the user's cache directory, where it is None. It may not exist yet.
        cards: gives, per backbone, the fingerprint that its present card makes. That version is meant by the name of a
            backbone with several. Called when it is first needed.
    """

    def __init__(self, root: Path | str | None = None, cards: Callable[[], Mapping[str, str]] = dict) -> None:
        self.root = store_root(None if root is None else Path(root))
        self._cards = cards
        self._rows: dict[tuple[str, str, bool], pl.DataFrame] = {}
        self._intervals: dict[str, Intervals] = {}

    def __repr__(self) -> str:
        return f"Store({str(self.root)!r})"

    @cached_property
    def cards(self) -> Mapping[str, str]:
        """Backbone -> fingerprint that its present card makes."""
        return self._cards()

    @cached_property
    def _survey(self) -> tuple[list[Version], dict[Path, FuseboardError]]:
        from fuseboard.store.embeddings.versions import survey

        return survey(self.root)

    @property
    def versions(self) -> list[Version]:
        """Every version, by backbone and then age.

        Raises:
            FuseboardError: a manifest cannot be read.
        """
        found, broken = self._survey
        if broken:
            raise next(iter(broken.values()))
        return found

    @property
    def readable_versions(self) -> list[Version]:
        """Every version whose manifest can be read, by backbone and then age."""
        return self._survey[0]

    @property
    def broken_versions(self) -> Mapping[Path, FuseboardError]:
        """Folder of a version -> what is wrong with its manifest."""
        return self._survey[1]

    def version(self, spec: str, dataset: str | None = None) -> Version:
        """The version that `backbone` or `backbone@fingerprint-prefix` names.

        Args:
            spec: what to look for. A name alone means the version of the present card where there are several.
            dataset: only versions that hold it count, where there are any.

        Raises:
            FuseboardError: nothing fits, or several do, or a manifest of the backbone cannot be read. Never guesses
                which of two versions was meant.
        """
        name, _, prefix = spec.partition("@")
        found, broken = self._survey
        if error := next((e for folder, e in broken.items() if folder.parent.name == name), None):
            raise error
        versions = [v for v in found if v.manifest.backbone == name]
        if not versions:
            there = {v.manifest.backbone for v in found} | {folder.parent.name for folder in broken}
            raise unknown("backbone", name, there, f"the store {self.root}")
        fitting = [v for v in versions if v.manifest.fingerprint.startswith(prefix)]
        if not fitting:
            raise unknown("version", spec, [v.spec for v in versions], f"the store {self.root}")
        with_data = [v for v in fitting if dataset is None or dataset in v.manifest.datasets] or fitting
        wanted = [v for v in with_data if len(with_data) > 1 and v.manifest.fingerprint == self.cards.get(name)]
        if len(with_data) > 1 and not wanted:
            raise FuseboardError(
                f"{name} has {len(with_data)} versions in {self.root}; name one: {', '.join(v.spec for v in with_data)}"
            )
        return (wanted or with_data)[0]

    def versions_of(self, dataset: str, specs: Sequence[str] = ()) -> dict[str, Version]:
        """Returns Backbone -> one version each, by name, all with embeddings of the same source file of a dataset.

        Args:
            dataset: whose embeddings must be there.
            specs: names or `name@fingerprint`; all backbones that hold the dataset when empty.

        Raises:
            FuseboardError: as `version`, no backbone has embeddings of the dataset, or two embedded different files.
        """
        names = list(specs) or sorted({v.manifest.backbone for v in self.versions if dataset in v.manifest.datasets})
        if not names:
            raise FuseboardError(
                f"{self.root} holds no embeddings of {dataset}; run `fuseboard extract BACKBONE --dataset {dataset}`"
            )
        found = [self.version(spec, dataset) for spec in names]
        versions = {version.manifest.backbone: version for version in sorted(found, key=lambda v: v.manifest.backbone)}
        if len(versions) < len(found):
            raise UsageError("a backbone is named twice; a subset holds it once")
        sources = {version.manifest.dataset(dataset).source_md5: name for name, version in versions.items()}
        if len(sources) > 1:
            raise FuseboardError(
                f"{' and '.join(sources.values())} embedded different source files of {dataset}; extract both again"
            )
        return versions

    def forget_versions(self) -> None:
        """Has the versions read again, after one was added, changed or removed."""
        self.__dict__.pop("_survey", None)
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

    def sql(self, query: str) -> duckdb.DuckDBPyRelation:
        """Returns the answer to one SELECT over the views `versions`, `shards`, `embeddings` and `results`."""
        from fuseboard.store import sql

        return sql.select(self.root, self.versions, query)

    def rows(self, evaluation: str = "*", dataset: str = "*", scores: bool = False) -> pl.DataFrame:
        """Result rows, once per key, ordered so that equal stores give equal frames.

        Args:
            evaluation: the rows of one evaluation; of all with `*`.
            dataset: the rows of one dataset; of all with `*`.
            scores: whether predictions are read too, in the column `scores`.

        Raises:
            FuseboardError: a file is damaged, or of another schema.
        """
        from fuseboard.store.results import rows

        asked = evaluation, dataset, scores
        if asked not in self._rows:
            self._rows[asked] = rows.read(self.root, *asked)
        return self._rows[asked]

    @cached_property
    def reading(self) -> Reading:
        """All result rows as far as they can be read, without predictions, and what could not be."""
        from fuseboard.store.results import rows

        return rows.read_all(self.root)

    def keep(self, rows: Iterable[Result]) -> None:
        """Writes rows of one evaluation and dataset, at once and whole."""
        from fuseboard.store.results import rows as results

        results.keep(self.root, rows)
        self._forget_rows()

    def compact(self, evaluation: str, dataset: str, drop_scores: Collection[str] = ()) -> None:
        """Joins the small files of finished fits into one, without the predictions of the rows `drop_scores` names."""
        from fuseboard.store.results import rows

        rows.compact(self.root, evaluation, dataset, drop_scores)
        self._forget_rows()

    def predictions(self, evaluation: str, dataset: str, key: str) -> NDArray[np.floating[Any]] | None:
        """Returns (N, C) predictions of one row; None where they were not kept."""
        from fuseboard.store.results import predictions

        return predictions.of_one(self.root, evaluation, dataset, key)

    def intervals(self, dataset: str) -> Intervals:
        """What the test rows of a dataset measure on resamples of its images; what is not known yet is computed."""
        from fuseboard.store.results.interval_cache import Intervals

        if dataset not in self._intervals:
            self._intervals[dataset] = Intervals(self.root, dataset, self.versions)
        return self._intervals[dataset]

    @cached_property
    def similarities(self) -> list[Similarity]:
        """How alike two backbones see a dataset, of every pair that was compared."""
        from fuseboard.store.results import similarity_rows

        return similarity_rows.read(self.root)

    def _forget_rows(self) -> None:
        self._rows.clear()
        self._intervals.clear()
        self.__dict__.pop("reading", None)
