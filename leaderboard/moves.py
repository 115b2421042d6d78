"""Moves: what a store's rows score now against the reference, and which changed input explains it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from leaderboard.finding import Finding, Kind
from leaderboard.recomputation import about, agree
from leaderboard.reference import IDENTITY, Row, vectors, vectors_of
from store.versions import Version

TOLERANCE = 0.001
"""By how much AUC and ACC may move before it is told."""

OURS = "fuseboard"
"""The library whose new release explains nothing, because it is what the check is there for."""


@dataclass(frozen=True)
class Present:
    """What a store holds, as far as the reference asks."""

    rows: pl.DataFrame
    """Every result row, without predictions."""
    versions: Sequence[Version]

    def holds(self, dataset: str) -> bool:
        """Whether the store has rows or embeddings of a dataset."""
        return dataset in self._datasets

    @cached_property
    def vectors(self) -> dict[tuple[str, str, str], str]:
        """As `vectors_of` gives them."""
        return vectors_of(self.versions)

    @cached_property
    def _datasets(self) -> set[str]:
        return {*self.rows["dataset"], *(name for v in self.versions for name in v.manifest.datasets)}

    def like(self, references: Iterable[Row]) -> dict[tuple[Any, ...], dict[str, Any]]:
        """Identity -> the newest row of that name; of equals in age the one whose key comes last."""
        wanted = {row.identity: row for row in references}
        found: dict[tuple[Any, ...], dict[str, Any]] = {}
        for row in self.rows.sort("created", "key").iter_rows(named=True):
            row["subset"], row["fingerprints"] = tuple(row["subset"]), tuple(row["fingerprints"])
            identity = tuple(row[name] for name in IDENTITY)
            if identity in wanted:
                found[identity] = row
        return found


def moves(
    references: Sequence[Row], rows: Mapping[tuple[Any, ...], Mapping[str, Any]], present: Present
) -> list[Finding]:
    """Every removed row, and every row that moved by more than `TOLERANCE`, with the reason.

    Args:
        references: that the store is held against.
        rows: as `Present.like` finds them.
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
        findings += compare("moved", reference, now, *causes(reference, row, present.vectors))
    return findings


def compare(
    kind: Kind, reference: Row, now: Mapping[str, float | None], explained: Sequence[str], unexplained: Sequence[str]
) -> list[Finding]:
    """AUC and ACC of one row against the reference."""
    why = "; ".join([*explained, *unexplained]) or "no input changed: look at what was changed in the code"
    return [
        Finding(kind, about(vars(reference)), metric, getattr(reference, metric), now[metric], why, not explained)
        for metric in ("auc", "acc")
        if not agree(getattr(reference, metric), now[metric], TOLERANCE)
    ]


def causes(
    reference: Row, row: Mapping[str, Any], shards: Mapping[tuple[str, str, str], str]
) -> tuple[list[str], list[str]]:
    """What a row was measured from that the reference was not: what explains a move, and what does not by itself.

    Args:
        reference: of the same identity.
        row: a result row.
        shards: as `vectors_of` gives them.
    """
    explained, unexplained = [], []
    if row["source_md5"] != reference.source_md5:
        explained.append("other source images")
    if row["protocol_digest"] != reference.protocol_digest:
        explained.append(f"another definition of {reference.protocol}")
    now = dict(zip(row["subset"], zip(row["fingerprints"], vectors(row, shards), strict=True), strict=True))
    before = zip(reference.subset, reference.fingerprints, reference.vectors, strict=True)
    others = []
    for name, version, shard in before:
        if now[name][0] != version:
            explained.append(f"another version of {name}: {version[:8]} -> {now[name][0][:8]}")
        elif shard and now[name][1] not in ("", shard):
            others.append(name)
    libraries: dict[str, str] = json.loads(row["libraries"])
    explained += [
        f"{name} {version} -> {libraries[name]}"
        for name, version in sorted(reference.libraries.items())
        if name != OURS and libraries.get(name, version) != version
    ]
    if row["device"] != reference.device:
        explained.append(f"{reference.device} -> {row['device']}")
    if others:
        told = f"other vectors of {', '.join(others)} under the same fingerprint"
        # Another processor rounds otherwise, which trees may answer with another split. On the same one nothing should.
        if row["hardware"] != reference.hardware:
            explained.append(f"{told}, computed on {row['hardware']} instead of {reference.hardware}")
        else:
            unexplained.append(told)
    return explained, unexplained
