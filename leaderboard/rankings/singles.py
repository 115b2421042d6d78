"""Single backbones are ranked over all datasets of a protocol."""

from fuseboard.leaderboard.boards.board import Board
from fuseboard.leaderboard.boards.snapshot import Snapshot
from fuseboard.leaderboard.rankings.cells import absent, of_entry
from fuseboard.leaderboard.rankings.rank import ranking_table
from fuseboard.leaderboard.rankings.table import RankingTable
from fuseboard.leaderboard.rows.modality import in_order, is_ranked
from fuseboard.store.embeddings import random_weights


def singles(snapshot: Snapshot, protocol: str) -> RankingTable:
    """Return every backbone that was measured alone under a protocol.

    A dataset counts in the aggregates when more than half of these backbones have a test AUC there: with fewer, most
    rows could not be ranked for want of it. Random weights decide nothing about that.
    """
    cells = {
        board.dataset: {
            one.entry.subset[0]: of_entry(board, one.entry, snapshot.board_uncertainties[board.dataset, protocol])
            for one in board.singles
        }
        for board in columns(snapshot, protocol)
    }
    names, datasets = sorted({name for own in cells.values() for name in own}), in_order(cells)
    rows = {name: {d: cells[d].get(name) or absent(d, "not measured alone") for d in datasets} for name in names}
    learned = [name for name in names if random_weights.trained(name) is None] or names
    counted = [d for d in datasets if 2 * sum(rows[n][d].score.auc is not None for n in learned) > len(learned)]
    return ranking_table(protocol, datasets, counted, rows)


def columns(snapshot: Snapshot, protocol: str) -> list[Board]:
    """Return the boards of a protocol that are ranked together."""
    return [b for b in snapshot.boards if b.protocol == protocol and is_ranked(b.dataset)]
