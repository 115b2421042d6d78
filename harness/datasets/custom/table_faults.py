"""The faults of a table, all of them in one error, each with the number of its line that a person sees."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from fuseboard.store.errors import UsageError
from fuseboard.store.files import table_file

NUMBERED = 5
"""Lines with one fault whose numbers are said, when there are more."""


class Faults:
    """Collects what is wrong with the rows of a table; of a row only what was found first."""

    def __init__(self, table: Path) -> None:
        self._table = table
        self._rows: set[int] = set()
        self._said: list[str] = []

    def find(self, rows: pl.DataFrame, fault: pl.Expr, message: str) -> None:
        """Notes the rows that have a fault; `{path}` and `{split}` in the message are the first one's."""
        faulty = rows.filter(fault & ~pl.col(table_file.ROW).is_in(list(self._rows)))
        if not len(faulty):
            return
        numbers = faulty[table_file.ROW].to_list()
        self._rows.update(numbers)
        first = faulty.row(0, named=True)
        text = message.replace("{path}", str(first["path"])).replace("{split}", str(first.get("split")))
        more = f" ({len(numbers):,} rows have this fault: {self._places(numbers)})" if len(numbers) > 1 else ""
        self._said.append(f"{self._places(numbers[:1])}: {text}{more}")

    def refuse(self) -> None:
        """Raises where there are any."""
        if self._said:
            raise UsageError(f"{self._table}: {' | '.join(self._said)}")

    def _places(self, rows: Sequence[int]) -> str:
        """Returns the numbers of rows, or of lines, whose first has the names of columns."""
        is_text = self._table.suffix.lower() != ".parquet"
        word = ("line" if is_text else "row") + "s" * (len(rows) > 1)
        numbers = ", ".join(str(row + 1 + is_text) for row in rows[:NUMBERED])
        return f"{word} {numbers}{' …' if len(rows) > NUMBERED else ''}"
