"""Smaller embeddings: what derived versions score beside their source, and what they lose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from fuseboard.leaderboard.rows.domains import Domains
from fuseboard.store.embeddings import derived
from fuseboard.store.embeddings.manifest import Manifest
from fuseboard.store.embeddings.stored_name import is_name
from fuseboard.store.results.sizes import MEASURES, by_size, line
from fuseboard.store.statistics.test_metrics import Measured
from fuseboard.store.store import Store


@dataclass(frozen=True)
class SizeTable:
    """It holds one dataset under one protocol: sources, and what was derived of each, the largest first."""

    dataset: str
    protocol: str
    lines: tuple[Mapping[str, Any], ...]
    """As `store.results.sizes.line` makes them."""
    sources: Mapping[str, str]
    """Name -> name of its source."""


def size_tables(store: Store, rows: pl.DataFrame) -> tuple[SizeTable, ...]:
    """Return the datasets on which a derived version and its source were both measured, in the order of columns.

    Args:
        store: which has the versions, and the intervals that are known; others are computed and kept.
        rows: all of it, marked.
    """
    smaller = [version.manifest for version in store.versions if derived.source_of(version.manifest)]
    datasets = {name for manifest in smaller for name in manifest.datasets if is_name(name)}
    of_sizes = rows.filter(
        pl.col("evaluation").is_in(list(MEASURES.values())),
        pl.col("dataset").is_in(list(datasets)),
        pl.col("superseded").is_null(),
        pl.col("subset").list.len() == 1,
    )
    found, domains = [], Domains.of(version.manifest for version in store.versions)
    for dataset in domains.in_order(of_sizes["dataset"].unique().to_list()):
        own = of_sizes.filter(pl.col("dataset") == dataset)
        for group in own.sort("protocol").partition_by("protocol", maintain_order=True):
            if table := _table(store, dataset, group):
                found.append(table)
    return tuple(found)


def _table(store: Store, dataset: str, rows: pl.DataFrame) -> SizeTable | None:
    """Of the settings that were tried those count whose predictions are kept, which validation preferred."""
    intervals = store.intervals(dataset)
    kept = rows.filter(pl.col("split") == "test", pl.col("key").is_in(list(intervals.kept))).sort("created", "key")
    keys: dict[str, dict[str, str]] = {column: {} for column in MEASURES}
    for column, evaluation in MEASURES.items():
        own = kept.filter(pl.col("evaluation") == evaluation)
        keys[column] = dict(own.select(pl.col("fingerprints").list.first(), "key").iter_rows())
    measured = {fingerprint for own in keys.values() for fingerprint in own}
    manifests = _meant([v.manifest for v in store.versions if v.manifest.fingerprint in measured], dataset)
    sources = by_size(manifests)
    if not sources:
        return None
    known = intervals.of([key for own in keys.values() for key in own.values()])
    found: dict[str, dict[str, Measured | str]] = {
        column: {name: known[own[m.fingerprint]] for name, m in manifests.items() if own.get(m.fingerprint) in known}
        for column, own in keys.items()
    }
    lines = tuple(line(name, source, manifests[name], found) for name, source in sources.items())
    return SizeTable(dataset, rows["protocol"][0], lines, sources)


def _meant(manifests: Sequence[Manifest], dataset: str) -> dict[str, Manifest]:
    """Return name -> manifest of the newest version that holds a dataset."""
    by_age = sorted(manifests, key=lambda manifest: (manifest.created, manifest.fingerprint))
    return {manifest.backbone: manifest for manifest in by_age if dataset in manifest.datasets}
