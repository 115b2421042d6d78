"""What size buys what: derived versions beside their source, by linear probe and nearest neighbours."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from fuseboard.harness.evaluations import classifier_grid
from fuseboard.harness.search.pool import Pool
from fuseboard.harness.search.search import Search
from fuseboard.harness.terminal.report import Facts
from fuseboard.store.embeddings import derived
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import UsageError
from fuseboard.store.results.sizes import MEASURES, by_size, line
from fuseboard.store.statistics.test_metrics import Measured

NARROW = ("backbone", "dim", "bytes", "linear_auc", "linear_loss", "knn_auc", "knn_loss")
"""Columns that a screen of 80 characters has; the others are intervals and accuracies."""


@dataclass(frozen=True)
class Sizes:
    """Sources and what was derived of them, each with its scores on test and what it loses against its source."""

    rows: pl.DataFrame
    table: Sequence[Facts]
    notes: Sequence[str]

    @property
    def wide_only(self) -> Sequence[str]:
        """Intervals and accuracies."""
        return [name for name in self.table[0] if name not in NARROW]


def evaluate(search: Search) -> Sizes:
    """Measures each derived version of the pool's backbones, and the backbones themselves.

    Rows are those of `evaluate linear-probe` and `evaluate knn`, so that nothing is measured twice.

    Raises:
        UsageError: nothing was derived of these backbones on this dataset.
    """
    pool = _with_derived(search)
    source_of = by_size({name: version.manifest for name, version in pool.versions.items()})
    whole, subsets = replace(search, given=pool), [(name,) for name in pool.versions]
    parts = {column: classifier_grid.measure(name, whole, subsets) for column, name in MEASURES.items()}
    measured = {column: _measured(search, part.rows) for column, part in parts.items()}
    table = [line(name, source, pool.versions[name].manifest, measured) for name, source in source_of.items()]
    left_out = [said for part in parts.values() for said in part.left_out]
    reasons = {one for found in measured.values() for one in found.values() if isinstance(one, str)}
    rows = pl.concat([part.rows for part in parts.values()], how="diagonal_relaxed")
    return Sizes(rows, table, [*dict.fromkeys(left_out), *sorted(reasons)])


def _with_derived(search: Search) -> Pool:
    """The backbones that were asked for, or the sources of those that are derived, and all that was derived of them."""
    store, dataset = search.store, search.dataset
    sources: dict[str, Version] = {}
    for version in search.pool.versions.values():
        origin = derived.source_of(version.manifest)
        own = version if origin is None else store.version("@".join(origin), dataset)
        sources[own.spec] = own
    smaller = [
        version
        for version in store.versions
        if dataset in version.manifest.datasets and "@".join(derived.source_of(version.manifest) or ()) in sources
    ]
    if not smaller:
        names = [version.manifest.backbone for version in sources.values()]
        raise UsageError(
            f"nothing was derived of {', '.join(names)} on {dataset}; make some, for example `fuseboard store derive "
            f"{names[0]} -d {dataset} --pca 64`"
        )
    of = {"@".join(derived.source_of(version.manifest) or ()) for version in smaller}
    return Pool(dataset, store.versions_of(dataset, [*of, *(version.spec for version in smaller)]))


def _measured(search: Search, rows: pl.DataFrame) -> dict[str, Measured | str]:
    """Backbone -> what its row on test measures on resamples, or why that is not known."""
    test = rows.filter(pl.col("split") == "test")
    keys = {key: subset[0] for key, subset in test.select("key", "subset").iter_rows()}
    found = search.store.intervals(search.dataset).of(list(keys))
    return {keys[key]: one for key, one in found.items()}
