"""Score changes are what a store's rows score now against the reference, with the changed input that explains it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from fuseboard.leaderboard.regression.finding import Finding, Kind
from fuseboard.leaderboard.regression.recompute import about, agree
from fuseboard.leaderboard.regression.reference import IDENTITY, Row
from fuseboard.leaderboard.rows.changed_inputs import changed_inputs, row_inputs, vectors_of
from fuseboard.store.embeddings.versions import Version

TOLERANCE = 0.001
"""AUC and ACC may move by this much before it is reported."""


@dataclass(frozen=True)
class StoredRows:
    """It is what a store holds, as far as the reference asks."""

    rows: pl.DataFrame
    """Every result row with the column `superseded`, without predictions."""
    versions: Sequence[Version]

    def holds(self, dataset: str) -> bool:
        """Tell whether the store has rows or embeddings of a dataset."""
        return dataset in self._datasets

    def can_measure(self, row: Row) -> bool:
        """Tell whether the store has embeddings of every backbone of a row, in some version, on its dataset."""
        return {(name, row.dataset) for name in row.subset} <= self._embedded

    def measured_with(self, row: Row) -> bool:
        """Tell whether the store has rows of that evaluation of a subset that holds the row's: a search of those
        backbones measured it too."""
        return any(set(row.subset) <= subset for subset in self._subsets.get(_evaluated(vars(row)), ()))

    @cached_property
    def _subsets(self) -> dict[tuple[Any, ...], set[frozenset[str]]]:
        found: dict[tuple[Any, ...], set[frozenset[str]]] = {}
        for row in self.rows.select("evaluation", "protocol", "dataset", "subset").iter_rows(named=True):
            found.setdefault(_evaluated(row), set()).add(frozenset(row["subset"]))
        return found

    @cached_property
    def vectors(self) -> dict[tuple[str, str, str], str]:
        """Return the hashes of embeddings as `vectors_of` gives them."""
        return vectors_of(version.manifest for version in self.versions)

    @cached_property
    def _embedded(self) -> set[tuple[str, str]]:
        return {(v.manifest.backbone, name) for v in self.versions for name in v.manifest.datasets}

    @cached_property
    def _datasets(self) -> set[str]:
        return {*self.rows["dataset"], *(name for v in self.versions for name in v.manifest.datasets)}

    def like(self, references: Iterable[Row]) -> dict[tuple[Any, ...], dict[str, Any]]:
        """Map each identity to the row of that name that is current, else the newest; of equals in age the one whose
        key comes last."""
        wanted = {row.identity: row for row in references}
        found: dict[tuple[Any, ...], dict[str, Any]] = {}
        for row in self.rows.sort(pl.col("superseded").is_null(), "created", "key").iter_rows(named=True):
            row["subset"], row["fingerprints"] = tuple(row["subset"]), tuple(row["fingerprints"])
            identity = tuple(row[name] for name in IDENTITY)
            if identity in wanted:
                found[identity] = row
        return found


def _evaluated(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["evaluation"], row["protocol"], row["dataset"]


def score_changes(
    references: Sequence[Row], rows: Mapping[tuple[Any, ...], Mapping[str, Any]], present: StoredRows
) -> list[Finding]:
    """Return every removed row, and every row that changed by more than `TOLERANCE`, with the reason.

    Args:
        references: that the store is held against.
        rows: as `StoredRows.like` finds them.
        present: the store.
    """
    findings: list[Finding] = []
    for reference in references:
        row = rows.get(reference.identity)
        if row is None:
            why = "the store has no such row any more; measure it again, or accept that it is gone"
            findings.append(Finding("removed", about(vars(reference)), "row", reference.auc, None, why))
            continue
        now = {"auc": row["auc"], "acc": row["acc"]}
        findings += compare(
            "moved", reference, now, *changed_inputs(reference.inputs, row_inputs(row, present.vectors))
        )
    return findings


def compare(
    kind: Kind, reference: Row, now: Mapping[str, float | None], explained: Sequence[str], unexplained: Sequence[str]
) -> list[Finding]:
    """Compare AUC and ACC of one row with the reference."""
    why = "; ".join([*explained, *unexplained]) or "no input changed: look at what was changed in the code"
    return [
        Finding(kind, about(vars(reference)), metric, getattr(reference, metric), now[metric], why, not explained)
        for metric in ("auc", "acc")
        if not agree(getattr(reference, metric), now[metric], TOLERANCE)
    ]
