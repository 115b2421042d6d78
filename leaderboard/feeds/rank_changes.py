"""Rank changes say which ranks differ from the last build, and why."""

from collections.abc import Iterable, Iterator, Sequence

from fuseboard.leaderboard.feeds.entry import RankChange
from fuseboard.leaderboard.feeds.state import Ranked, Ranking
from fuseboard.store.statistics.ties import TOLERANCE

MAX_NAMED = 3
"""Rows or datasets named in a reason; the others are a number."""


def rank_changes(before: Iterable[Ranking], now: Iterable[Ranking]) -> Iterator[RankChange]:
    """Yield every rank that changed on a board that was there before, in the order of the boards now."""
    previous = {(one.protocol, one.board): one for one in before}
    for board in now:
        was = previous.get((board.protocol, board.board))
        if was is not None:
            yield from _of_board(was, board)


def _of_board(was: Ranking, now: Ranking) -> Iterator[RankChange]:
    then, own = {row.name: row for row in was.rows}, {row.name: row for row in now.rows}
    for name in dict.fromkeys([*own, *then]):
        before, after = _rank(then.get(name)), _rank(own.get(name))
        if before == after:
            continue
        yield RankChange(
            protocol=now.protocol,
            board=now.board,
            name=name,
            before=before,
            now=after,
            why="; ".join(_reasons(name, was, now))[:4_000] or "rows that it ties with",
        )


def _reasons(name: str, was: Ranking, now: Ranking) -> Iterator[str]:
    then, own = {row.name: row for row in was.rows}, {row.name: row for row in now.rows}
    before, after = then.get(name), own.get(name)
    if before is None:
        yield "new on this board"
        return
    if after is None:
        yield "not on this board any more"
        return
    more, less = ([d for d in a if d not in b] for a, b in ((now.counted, was.counted), (was.counted, now.counted)))
    if more:
        yield f"the mean is over {_list(more)} too"
    if less:
        yield f"the mean is over {_list(less)} no more"
    if after.rank is None:
        yield "it has no rank any more"
    elif before.rank is None:
        yield "it had no rank before"
    elif not more and not less and abs(difference := (after.mean_auc or 0) - (before.mean_auc or 0)) > TOLERANCE:
        yield f"its mean AUC moved by {100 * difference:+.2g} percentage points"
    if before.rank is not None and after.rank is not None:
        yield from _neighbours(name, before.rank, after.rank, then, own)


def _neighbours(name: str, before: int, after: int, then: dict[str, Ranked], own: dict[str, Ranked]) -> Iterator[str]:
    """Yield who is above it now and was not, and who was and is not."""
    above_then = {other for other, row in then.items() if row.rank is not None and row.rank < before}
    above_now = {other for other, row in own.items() if row.rank is not None and row.rank < after}
    came, went = sorted(above_now - above_then - {name}), sorted(above_then - above_now - {name})
    fresh = [other for other in came if _rank(then.get(other)) is None]
    gone = [other for other in went if _rank(own.get(other)) is None]
    for words, names in (
        ("new above it", fresh),
        ("gone from above it", gone),
        ("now above it", [other for other in came if other not in fresh]),
        ("no longer above it", [other for other in went if other not in gone]),
    ):
        if names:
            yield f"{words}: {_list(names)}"


def _rank(row: Ranked | None) -> int | None:
    return row.rank if row else None


def _list(names: Sequence[str]) -> str:
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return ", ".join(names[:MAX_NAMED]) + more
