"""Chance: per board what the drawing of the test images may do to its rows, and to other ways beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import polars as pl

from leaderboard.boards.board import Board
from leaderboard.boards.certainty import Certainties, certainties
from leaderboard.boards.ways import Way, picks, ways
from store.intervals import Intervals
from store.versions import Version


@dataclass(frozen=True)
class Chance:
    """Of one board."""

    dataset: str
    protocol: str
    certainties: Certainties
    ways: tuple[Way, ...]

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


def chances(root: Path, versions: Sequence[Version], rows: pl.DataFrame, boards: Sequence[Board]) -> Chances:
    """Of every board; what nobody computed yet is computed, and kept in the store.

    Args:
        root: the store.
        versions: all of it.
        rows: all of it, marked.
        boards: made of these rows, those of a dataset together.
    """
    made: dict[tuple[str, str], Chance] = {}
    for dataset, group in groupby(boards, key=lambda board: board.dataset):
        intervals = Intervals(root, dataset, versions)
        picked = {board.protocol: (board, picks(board, rows, intervals.kept)) for board in group}
        keys = {key for board, _ in picked.values() for entry in board.entries for key in entry.keys}
        keys |= {row["key"] for _, chosen in picked.values() for pick in chosen for row in pick.rows}
        found = intervals.of(keys)
        for protocol, (board, chosen) in picked.items():
            made[dataset, protocol] = Chance(dataset, protocol, certainties(board, found), ways(board, chosen, found))
    return made
