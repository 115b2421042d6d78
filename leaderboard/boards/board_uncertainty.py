"""The uncertainty of a board says what drawing other test images may do to its rows and to alternative methods."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

import polars as pl

from fuseboard.leaderboard.boards.alternatives import Method, methods, selected_rows
from fuseboard.leaderboard.boards.board import Board
from fuseboard.leaderboard.boards.uncertainty import SubsetUncertainties, subset_uncertainties
from fuseboard.store.embeddings.stored_name import is_name
from fuseboard.store.statistics.test_metrics import Measured
from fuseboard.store.store import Store


@dataclass(frozen=True)
class BoardUncertainty:
    """It holds the uncertainty of all rows of one board."""

    dataset: str
    protocol: str
    subset_uncertainties: SubsetUncertainties
    methods: tuple[Method, ...]
    measured: Mapping[str, Measured | str]
    """Key of a test row of the dataset that kept its predictions -> what it measures, or why it does not."""

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values, for programs."""
        own = self.subset_uncertainties
        return {
            "dataset": self.dataset,
            "protocol": self.protocol,
            "subsets": [{"subset": subset, **asdict(one)} for subset, one in own.subsets.items()],
            "without": [{"subset": subset, "reason": reason} for subset, reason in own.reasons.items()],
            "methods": [asdict(method) for method in self.methods],
        }


BoardUncertainties = Mapping[tuple[str, str], BoardUncertainty]
"""(dataset, protocol) -> what chance may do there."""


def board_uncertainties(store: Store, rows: pl.DataFrame, boards: Sequence[Board]) -> BoardUncertainties:
    """Return the uncertainty of every board; intervals that are missing are computed and kept in the store.

    Args:
        store: which has the predictions, the labels and the intervals that are known.
        rows: all of it, marked.
        boards: made of these rows, those of a dataset together.
    """
    made: dict[tuple[str, str], BoardUncertainty] = {}
    for dataset, group in groupby(boards, key=lambda board: board.dataset):
        # What is no name is no folder of the store either, and must not become part of a path.
        intervals = store.intervals(dataset) if is_name(dataset) else None
        with_predictions = intervals.kept if intervals else frozenset()
        selections = {board.protocol: (board, selected_rows(board, rows, with_predictions)) for board in group}
        keys = {key for board, _ in selections.values() for entry in board.entries for key in entry.keys}
        keys |= {row["key"] for _, chosen in selections.values() for selected in chosen for row in selected.rows}
        found = intervals.of(keys) if intervals else {}
        for protocol, (board, chosen) in selections.items():
            uncertainties, other = subset_uncertainties(board, found), methods(board, chosen, found)
            made[dataset, protocol] = BoardUncertainty(dataset, protocol, uncertainties, other, found)
    return made
