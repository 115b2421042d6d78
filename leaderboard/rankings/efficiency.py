"""Efficiency compares what a backbone alone scores with what computing its embeddings costs."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from fuseboard.leaderboard.boards.board import Board
from fuseboard.leaderboard.costs.costs import Extraction
from fuseboard.leaderboard.costs.inference_cost import NO_GPU
from fuseboard.leaderboard.costs.speed import Speed, speed
from fuseboard.leaderboard.rankings.table import RankedRow, RankingTable
from fuseboard.leaderboard.statistics.cost_measures import COSTS, OWN
from fuseboard.leaderboard.statistics.pareto import front
from fuseboard.store.embeddings.manifest import Manifest
from fuseboard.store.files.optional_max import largest

UNRECORDED = "no record of the extraction"


@dataclass(frozen=True)
class Row:
    """It is one backbone on one device at one precision."""

    ranked_row: RankedRow
    device: str | None
    """None where nothing is on record."""
    precision: str | None
    images: int
    """Embedded in the runs on record."""
    costs: Mapping[str, float | None]
    """Name of `COSTS` -> value."""
    reasons: Mapping[str, str]
    """Why a cost is missing, or does not compare with the others."""
    speed: Speed
    """With how far the splits lie apart."""
    fronts: frozenset[str] = frozenset()
    """Costs whose front it is on, among the rows of its place."""

    @property
    def place(self) -> tuple[str, str]:
        """Return device and precision: only costs of one place compare."""
        return self.device or "", self.precision or ""

    def comparable(self, cost: str) -> float | None:
        """Return the cost, where it can be held against those of the other rows of its place."""
        return None if cost in self.reasons else self.costs[cost]


@dataclass(frozen=True)
class Efficiency:
    """It is the efficiency of the backbones under one protocol."""

    protocol: str
    rows: tuple[Row, ...]
    """They are sorted by rank and name, then device and precision."""

    @property
    def places(self) -> tuple[tuple[str, str], ...]:
        """Return the devices and precisions on record, by name."""
        return tuple(sorted({row.place for row in self.rows if row.device}))

    def at(self, place: tuple[str, str]) -> tuple[Row, ...]:
        """Return the rows of one place."""
        return tuple(row for row in self.rows if row.place == place)


def efficiency(
    ranking_table: RankingTable, boards: Sequence[Board], found: Sequence[Extraction], manifests: Sequence[Manifest]
) -> Efficiency:
    """Return the efficiency of every backbone that was measured alone.

    Args:
        standings: of the backbones alone, under one protocol.
        boards: of every protocol.
        found: what every extraction took.
        manifests: of the store.
    """
    datasets = ranking_table.counted or ranking_table.datasets
    own = [board for board in boards if board.protocol == ranking_table.protocol and board.dataset in datasets]
    meant = {(board.dataset, v.backbone, v.fingerprint) for board in own for v in board.versions}
    groups: dict[str, dict[tuple[str, str], list[Extraction]]] = {}
    for one in found:
        if (one.dataset, one.backbone, one.fingerprint) in meant:
            place = one.profile.device, one.profile.precision
            groups.setdefault(one.backbone, {}).setdefault(place, []).append(one)
    newest_last = sorted(manifests, key=lambda m: (m.created, m.fingerprint))
    about = {m.backbone: m for m in newest_last if any((d, m.backbone, m.fingerprint) in meant for d in datasets)}
    rows = [
        _row(ranked_row, place, groups.get(ranked_row.name, {}).get(place, []), about.get(ranked_row.name))
        for ranked_row in ranking_table.rows
        for place in sorted(groups.get(ranked_row.name, {("", ""): []}))
    ]
    return Efficiency(ranking_table.protocol, tuple(_with_fronts(_comparable(rows))))


def _row(ranked_row: RankedRow, place: tuple[str, str], found: list[Extraction], manifest: Manifest | None) -> Row:
    profiles = [one.profile for one in found]
    images, seconds = sum(p.images for p in profiles), math.fsum(p.wall_s for p in profiles)
    pace = speed(found)
    costs = {
        "peak_vram_mb": largest(p.peak_vram_mb for p in profiles),
        "peak_rss_mb": largest(p.peak_rss_mb for p in profiles),
        "images_per_s": pace.images_per_s,
        "hours": seconds / 3600 if pace.images_per_s is not None else None,
        "dim": float(manifest.dim) if manifest else None,
        "parameters": float(manifest.about.parameters) if manifest and manifest.about.parameters is not None else None,
    }
    absent = dict.fromkeys(COSTS, UNRECORDED if not found else "nothing was computed in the last runs")
    absent |= {"peak_vram_mb": NO_GPU} if found else {}
    absent |= {"dim": "its embeddings are not in this store", "parameters": "none stated"}
    reasons = {name: absent[name] for name, value in costs.items() if value is None}
    reasons |= dict.fromkeys(("images_per_s", "hours"), pace.unsteady) if pace.unsteady else {}
    return Row(ranked_row, place[0] or None, place[1] or None, images, costs, reasons, pace)


def _comparable(rows: Sequence[Row]) -> list[Row]:
    """Hours compare where they are those of as many images; other rows say of how many theirs are."""
    most: dict[tuple[str, str], int] = {}
    for row in rows:
        most[row.place] = max(row.images, most.get(row.place, 0))
    return [
        replace(row, reasons={**row.reasons, "hours": f"measured on {row.images:,} of {most[row.place]:,} images"})
        if row.comparable("hours") is not None and row.images < most[row.place]
        else row
        for row in rows
    ]


def _with_fronts(rows: Sequence[Row]) -> list[Row]:
    fronts: list[set[str]] = [set() for _ in rows]
    for name, cost in COSTS.items():
        for place in [None] if name in OWN else sorted({row.place for row in rows}):
            among = [number for number, row in enumerate(rows) if place in (None, row.place)]
            values = [(rows[number].comparable(name), rows[number].ranked_row.mean_auc) for number in among]
            signed = [(-value if cost.more and value is not None else value, auc) for value, auc in values]
            for number, on in zip(among, front(signed), strict=True):
                if on:
                    fronts[number].add(name)
    return [replace(row, fronts=frozenset(own)) for row, own in zip(rows, fronts, strict=True)]
