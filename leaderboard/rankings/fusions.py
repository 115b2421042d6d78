"""The methods that use several backbones at once are ranked over all datasets of a protocol."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from fuseboard.leaderboard.boards.alternatives import TITLES, Method
from fuseboard.leaderboard.boards.board import Board
from fuseboard.leaderboard.boards.board_uncertainty import BoardUncertainty
from fuseboard.leaderboard.boards.snapshot import Snapshot
from fuseboard.leaderboard.rankings.aggregate import Cell
from fuseboard.leaderboard.rankings.cells import absent, held_against, of_entry, of_method
from fuseboard.leaderboard.rankings.counting import counted
from fuseboard.leaderboard.rankings.rank import ranking_table
from fuseboard.leaderboard.rankings.singles import columns
from fuseboard.leaderboard.rankings.table import RankingTable
from fuseboard.store.results.evaluations import LATE, TUNED
from fuseboard.store.results.roles import BEST_ON_TEST

CHOSEN = "chosen"
SEARCHED = ("all backbones", "best single")
SOFT = "soft-vote"
SEEN = "never ranked: found on test"


def fusions(snapshot: Snapshot, protocol: str, shown: Callable[[str], bool] | None = None) -> RankingTable:
    """Return the roles of the search and every other method; what was found on test is last and unranked.

    Everything is held against the chosen subset, so a dataset without one does not count in the aggregates. All rows
    are ways to use one pool of backbones, so datasets with other pools than most do not count either.

    Args:
        snapshot: the store.
        protocol: of the search.
        shown: tells of the name of a dataset whether it is a column; by default the medical ones are.
    """
    boards = columns(snapshot, protocol, shown)
    cells: dict[str, dict[str, Cell]] = {}
    unranked: dict[str, str] = dict.fromkeys(BEST_ON_TEST, SEEN)
    for board in boards:
        uncertainty = snapshot.board_uncertainties[board.dataset, protocol]
        own = dict(_roles(board, uncertainty))
        for name, method in named_methods(board, uncertainty):
            own[name] = of_method(board, method, uncertainty)
            if method.protocol != protocol:
                unranked[name] = f"measured under {method.protocol}, and protocols are never ranked together"
        for name, cell in own.items():
            other = name != CHOSEN and CHOSEN in own
            cells.setdefault(name, {})[board.dataset] = held_against(cell, own[CHOSEN]) if other else cell
    datasets = snapshot.domains.in_order(board.dataset for board in boards)
    rows = {
        name: {dataset: cells[name].get(dataset) or absent(dataset, "not measured") for dataset in datasets}
        for name in sorted(cells, key=_place)
    }
    held = {d for d in datasets if CHOSEN in rows and rows[CHOSEN][d].score.auc is not None}
    having = {
        name: [d for d in datasets if d in held and row[d].score.auc is not None]
        for name, row in rows.items()
        if name not in unranked
    }
    among = counted(boards, datasets, having, snapshot.domains, same_pool=True)
    table = ranking_table(protocol, datasets, among, rows, snapshot.domains, unranked, CHOSEN)
    pools = {board.dataset: board.pool for board in boards}
    return replace(table, pools=pools, criterion=boards[0].criterion if boards else None)


def _roles(board: Board, uncertainty: BoardUncertainty) -> Iterator[tuple[str, Cell]]:
    for role in board.roles:
        yield (
            role.name,
            of_entry(board, role.entry, uncertainty) if role.entry else absent(board.dataset, str(role.reason)),
        )
    if board.no_choice:
        yield CHOSEN, absent(board.dataset, board.no_choice)


def named_methods(board: Board, uncertainty: BoardUncertainty) -> Iterator[tuple[str, Method]]:
    """Yield each method with the name of its row, which is the same on every dataset."""
    for method in uncertainty.methods:
        of = "" if method.protocol == board.protocol else f" ({method.protocol})"
        if method.evaluation == TUNED.name:
            for name in (CHOSEN, *SEARCHED):
                role = board.role(name)
                if role and role.entry and role.entry.subset == method.subset:
                    yield f"{name}, tuned{of}", method
        else:
            votes = method.evaluation == LATE.name and method.fusion not in (None, SOFT)
            yield f"{method.title}{f', {method.fusion}' if votes else ''}{of}", method


def _place(name: str) -> tuple[int, str]:
    """Return the order of ties and of rows without a rank; what was found on test is at the very end."""
    order = [CHOSEN, *SEARCHED, *TITLES.values()]
    if name in BEST_ON_TEST:
        return len(order) + 1 + [str(role) for role in BEST_ON_TEST].index(name), name
    return order.index(name) if name in order else len(order), name
