"""Comparisons are everything that can be held against something else: rows on the same resamples, backbones by CKA."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from fuseboard.leaderboard.boards.similarity import Grid, grid
from fuseboard.leaderboard.boards.snapshot import Snapshot
from fuseboard.leaderboard.rankings.compared import ComparedRow, compared_rows


@dataclass(frozen=True)
class Comparisons:
    """They belong to one store."""

    snapshot: Snapshot
    protocols: Sequence[str]
    """Those that have a board."""

    @cached_property
    def rows(self) -> tuple[ComparedRow, ...]:
        """Return every backbone, method and subset, per protocol."""
        return tuple(row for protocol in self.protocols for row in compared_rows(self.snapshot, protocol))

    @cached_property
    def names(self) -> frozenset[tuple[str, str, str]]:
        """Return protocol, kind and name of each of these rows."""
        return frozenset((row.protocol, row.kind, row.name) for row in self.rows)

    @cached_property
    def grids(self) -> Mapping[str, Grid]:
        """Map each dataset whose backbones were compared to how alike they see its images."""
        found = {}
        for dataset in sorted({row.dataset for row in self.snapshot.similarities}):
            own = [board for board in self.snapshot.boards if board.dataset == dataset]
            if (one := grid(dataset, self.snapshot.similarities, own, self.snapshot.says)) is not None:
                found[dataset] = one
        return found
