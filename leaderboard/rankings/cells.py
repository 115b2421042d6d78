"""The test scores of one dataset are the cells of a table over several."""

from collections.abc import Sequence
from dataclasses import replace

from fuseboard.leaderboard.boards.alternatives import Method
from fuseboard.leaderboard.boards.board import Board, Entry, Subset
from fuseboard.leaderboard.boards.board import Score as Metrics
from fuseboard.leaderboard.boards.board_uncertainty import BoardUncertainty
from fuseboard.leaderboard.boards.uncertainty import NOT_KEPT
from fuseboard.leaderboard.rankings.aggregate import Cell
from fuseboard.leaderboard.rankings.table import Score, Span
from fuseboard.store.statistics.estimates import Difference, Replicates
from fuseboard.store.statistics.test_metrics import Measured, mean


def of_entry(board: Board, entry: Entry, uncertainty: BoardUncertainty) -> Cell:
    """Return the cell of one subset of a search."""
    return _cell(board, entry.test, [entry.test_key] if entry.test_key else [], entry.subset, uncertainty)


def of_method(board: Board, method: Method, uncertainty: BoardUncertainty) -> Cell:
    """Return the cell of what another evaluation chose, as the mean over its seeds."""
    return _cell(board, method, method.keys, method.subset, uncertainty, method.setting if method.keys else None)


def absent(dataset: str, reason: str) -> Cell:
    """Return the cell of what was not measured."""
    nothing = {"auc": None, "acc": None, "interval": None, "acc_interval": None, "no_interval": None, "key": None}
    return Cell(Score(dataset=dataset, reason=reason, subset=(), **nothing), None)


def held_against(own: Cell, chosen: Cell) -> Cell:
    """Return the same cell with its difference to the chosen subset."""
    score, other = own.score, chosen.score
    value = None if score.auc is None or other.auc is None else score.auc - other.auc
    if own.draws is None or chosen.draws is None:
        reason = score.no_interval or score.reason or other.no_interval or other.reason
        difference = Difference(value, None, None, None, reason)
    else:
        difference = own.draws.auc.minus(chosen.draws.auc)
    return replace(own, score=replace(score, difference=difference))


def _cell(
    board: Board,
    row: Metrics | Method,
    keys: Sequence[str],
    subset: Subset,
    uncertainty: BoardUncertainty,
    setting: str | None = None,
) -> Cell:
    own = _drawn(keys, uncertainty)
    score = Score(
        dataset=board.dataset,
        auc=row.auc,
        acc=row.acc,
        reason=row.reason,
        interval=_span(own, "auc"),
        acc_interval=_span(own, "acc"),
        no_interval=_no_interval(row.auc, own),
        key=keys[0] if keys else None,
        subset=subset,
        setting=setting,
    )
    return Cell(score, own if isinstance(own, Measured) else None)


def _drawn(keys: Sequence[str], uncertainty: BoardUncertainty) -> Measured | str:
    found = [uncertainty.measured.get(key, NOT_KEPT) for key in keys]
    refused = next((one for one in found if isinstance(one, str)), None)
    usable = [one for one in found if isinstance(one, Measured)]
    return mean(usable) if usable and refused is None else refused or NOT_KEPT


def _span(own: Measured | str, metric: str) -> Span | None:
    if isinstance(own, str):
        return None
    replicates: Replicates = getattr(own, metric)
    found = replicates.interval()
    return None if found.low is None or found.high is None else (found.low, found.high)


def _no_interval(auc: float | None, own: Measured | str) -> str | None:
    if auc is None:
        return None
    return own if isinstance(own, str) else own.auc.interval().reason
