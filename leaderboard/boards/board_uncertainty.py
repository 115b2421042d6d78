"""Chance: per board what the drawing of the test images may do to its rows, and to other ways beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

import polars as pl

from fuseboard.leaderboard.boards.alternatives import Way, picks, ways
from fuseboard.leaderboard.boards.board import Board
from fuseboard.leaderboard.boards.uncertainty import Certainties, certainties
from fuseboard.store.embeddings.manifest import is_name
from fuseboard.store.statistics.test_metrics import Measured
from fuseboard.store.store import Store


@dataclass(frozen=True)
class Chance:
    """Of one board."""

    dataset: str
    protocol: str
    certainties: Certainties
    ways: tuple[Way, ...]
    measured: Mapping[str, Measured | str]
    """Key of a test row of the dataset that kept its predictions -> what it measures, or why it does not."""

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        own = self.certainties
        return {
            "dataset": self.dataset,
            "protocol": self.protocol,
            "subsets": [{"subset": subset, **asdict(one)} for subset, one in own.subsets.items()],
            "without": [{"subset": subset, "reason": reason} for subset, reason in own.reasons.items()],
            "ways": [asdict(way) for way in self.ways],
        }


Chances = Mapping[tuple[str, str], Chance]
"""(dataset, protocol) -> what chance may do there."""


def chances(store: Store, rows: pl.DataFrame, boards: Sequence[Board]) -> Chances:
    """Of every board; what nobody computed yet is computed, and kept in the store.

    Args:
        store: which has the predictions, the labels and the intervals that are known.
        rows: all of it, marked.
        boards: made of these rows, those of a dataset together.
    """
    made: dict[tuple[str, str], Chance] = {}
    for dataset, group in groupby(boards, key=lambda board: board.dataset):
        # What is no name is no folder of the store either, and must not become part of a path.
        intervals = store.intervals(dataset) if is_name(dataset) else None
        kept = intervals.kept if intervals else frozenset()
        picked = {board.protocol: (board, picks(board, rows, kept)) for board in group}
        keys = {key for board, _ in picked.values() for entry in board.entries for key in entry.keys}
        keys |= {row["key"] for _, chosen in picked.values() for pick in chosen for row in pick.rows}
        found = intervals.of(keys) if intervals else {}
        for protocol, (board, chosen) in picked.items():
            sure, other = certainties(board, found), ways(board, chosen, found)
            made[dataset, protocol] = Chance(dataset, protocol, sure, other, found)
    return made
