"""Single backbones are ranked over all datasets of a protocol."""

from collections.abc import Callable

from fuseboard.leaderboard.boards.board import Board
from fuseboard.leaderboard.boards.snapshot import Snapshot
from fuseboard.leaderboard.rankings.cells import absent, of_entry
from fuseboard.leaderboard.rankings.counting import counted
from fuseboard.leaderboard.rankings.rank import ranking_table
from fuseboard.leaderboard.rankings.table import RankingTable
from fuseboard.store.embeddings import random_weights


def singles(snapshot: Snapshot, protocol: str, shown: Callable[[str], bool] | None = None) -> RankingTable:
    """Return every backbone that was measured alone under a protocol.

    Random weights decide nothing about which datasets count in the aggregates.

    Args:
        snapshot: the store.
        protocol: of the rows.
        shown: tells of the name of a dataset whether it is a column; by default the medical ones are.
    """
    boards = columns(snapshot, protocol, shown)
    cells = {
        board.dataset: {
            one.entry.subset[0]: of_entry(board, one.entry, snapshot.board_uncertainties[board.dataset, protocol])
            for one in board.singles
        }
        for board in boards
    }
    names, datasets = sorted({name for own in cells.values() for name in own}), snapshot.domains.in_order(cells)
    rows = {name: {d: cells[d].get(name) or absent(d, "not measured alone") for d in datasets} for name in names}
    learned = [name for name in names if random_weights.trained(name) is None] or names
    having = {name: [d for d in datasets if rows[name][d].score.auc is not None] for name in learned}
    among = counted(boards, datasets, having, snapshot.domains)
    return ranking_table(protocol, datasets, among, rows, snapshot.domains)


def columns(snapshot: Snapshot, protocol: str, shown: Callable[[str], bool] | None = None) -> list[Board]:
    """Return the boards of a protocol that are ranked together."""
    shows = shown or snapshot.domains.is_ranked
    return [board for board in snapshot.boards if board.protocol == protocol and shows(board.dataset)]
