"""What size buys what: derived versions beside their source, by linear probe and nearest neighbours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from fuseboard.harness.evaluations import classifier_grid
from fuseboard.harness.search.pool import Pool
from fuseboard.harness.search.search import Search
from fuseboard.harness.terminal.report import Facts
from fuseboard.store.embeddings import derived
from fuseboard.store.embeddings.coding import bytes_per_image
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import UsageError
from fuseboard.store.results.evaluations import KNN, LINEAR_PROBE
from fuseboard.store.statistics.test_metrics import Measured

MEASURES = {"linear": LINEAR_PROBE.name, "knn": KNN.name}
"""How a column begins -> the evaluation under which its rows lie."""
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

    Rows are those of `evaluate linear-probe` and `evaluate knn`, so that nothing is measured twice. A loss is the
    source's metric less the derived version's, on the same test images and the same resamples of them.

    Raises:
        UsageError: nothing was derived of these backbones on this dataset.
    """
    pool, source_of = _with_derived(search)
    whole = replace(search, given=pool)
    subsets = [(name,) for name in pool.versions]
    parts = {column: classifier_grid.measure(name, whole, subsets) for column, name in MEASURES.items()}
    measured = {column: _measured(search, part.rows) for column, part in parts.items()}
    table = [_line(pool, name, origin, measured) for name, origin in source_of.items()]
    left_out = [line for part in parts.values() for line in part.left_out]
    reasons = {one for found in measured.values() for one in found.values() if isinstance(one, str)}
    rows = pl.concat([part.rows for part in parts.values()], how="diagonal_relaxed")
    return Sizes(rows, table, [*dict.fromkeys(left_out), *sorted(reasons)])


def _with_derived(search: Search) -> tuple[Pool, dict[str, str]]:
    """Returns the sources and what was derived of them, and name -> name of its source, the largest of each first."""
    store, dataset = search.store, search.dataset
    asked = search.pool.versions
    sources: dict[str, Version] = {}
    for name, version in asked.items():
        origin = derived.source_of(version.manifest)
        own = version if origin is None else store.version("@".join(origin), dataset)
        sources[name if origin is None else origin[0]] = own
    specs = {version.spec: name for name, version in sources.items()}
    smaller = {
        version.manifest.backbone: version
        for version in store.versions
        if dataset in version.manifest.datasets and "@".join(derived.source_of(version.manifest) or ()) in specs
    }
    named = {name: version for name, version in asked.items() if name not in sources}
    smaller = smaller | named
    if not smaller:
        one = next(iter(sources))
        raise UsageError(
            f"nothing was derived of {', '.join(sources)} on {dataset}; make some, for example `fuseboard store derive "
            f"{one} -d {dataset} --pca 64`"
        )
    of = {name: (derived.source_of(version.manifest) or ("", ""))[0] for name, version in smaller.items()}
    kept = {**{name: sources[name] for name in of.values()}, **smaller}
    versions = store.versions_of(dataset, [version.spec for version in kept.values()])

    def size(name: str) -> int:
        manifest = versions[name].manifest
        return -bytes_per_image(manifest.dtype, manifest.dim)

    source_of: dict[str, str] = {}
    for source in sorted(set(of.values())):
        smaller_ones = [name for name, origin in of.items() if origin == source]
        source_of |= dict.fromkeys([source, *sorted(smaller_ones, key=lambda name: (size(name), name))], source)
    return Pool(dataset, versions), source_of


def _measured(search: Search, rows: pl.DataFrame) -> dict[str, Measured | str]:
    """Backbone -> what its row on test measures on resamples, or why that is not known."""
    test = rows.filter(pl.col("split") == "test")
    keys = {key: subset[0] for key, subset in test.select("key", "subset").iter_rows()}
    found = search.store.intervals(search.dataset).of(list(keys))
    return {keys[key]: one for key, one in found.items()}


def _line(pool: Pool, name: str, source: str, measured: Mapping[str, Mapping[str, Measured | str]]) -> Facts:
    manifest = pool.versions[name].manifest
    line: Facts = {
        "backbone": name,
        "dim": manifest.dim,
        "bytes": bytes_per_image(manifest.dtype, manifest.dim),
    }
    for column, found in measured.items():
        own, whole = found.get(name), found.get(source)
        for metric in ("auc", "acc"):
            scored = getattr(own, metric).interval() if isinstance(own, Measured) else None
            line[f"{column}_{metric}"] = scored and scored.value
            line[f"{column}_{metric}_low"], line[f"{column}_{metric}_high"] = (
                (scored.low, scored.high) if scored else (None, None)
            )
            loss = None
            if name != source and isinstance(own, Measured) and isinstance(whole, Measured):
                loss = getattr(whole, metric).minus(getattr(own, metric))
            key = f"{column}_loss" if metric == "auc" else f"{column}_{metric}_loss"
            line[key] = loss and loss.value
            line[f"{key}_low"], line[f"{key}_high"] = (loss.low, loss.high) if loss else (None, None)
    return line
