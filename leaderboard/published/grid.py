"""Grids lay published rows out as tables of text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from markupsafe import Markup

from fuseboard.leaderboard.output.format import number, score

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Grid:
    """It is a table whose first column heads its rows."""

    caption: str
    head: tuple[str, ...]
    body: tuple[tuple[str, ...], ...]
    """Cells; text is escaped on the page, numbers come as markup."""

    @cached_property
    def numeric(self) -> tuple[bool, ...]:
        """Tell of each column whether it holds numbers."""
        return tuple(any(isinstance(line[at], Markup) for line in self.body) for at in range(len(self.head)))


def plain(caption: str, rows: Sequence[Row], columns: Mapping[str, str], digits: int = 4) -> Grid:
    """Return one line per row; `columns` maps a column to its heading."""
    body = tuple(tuple(_cell(row[name], digits) for name in columns) for row in rows)
    return Grid(caption, tuple(columns.values()), body)


def pivot(caption: str, rows: Sequence[Row], down: str, across: str, value: str, digits: int = 4) -> Grid:
    """Return one line per `down`, one column per `across`, both in the order of their first appearance in the file."""
    lines, columns = list(dict.fromkeys(r[down] for r in rows)), list(dict.fromkeys(r[across] for r in rows))
    found = {(row[down], row[across]): row[value] for row in rows}
    body = tuple((line, *(_cell(found.get((line, column)), digits) for column in columns)) for line in lines)
    return Grid(caption, (down, *columns), body)


def _cell(value: Any, digits: int) -> str:
    if isinstance(value, str):
        return value
    return score(value, digits=digits) if digits else number(value, 0)
