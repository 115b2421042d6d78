"""The report: what every evaluation answers with, whatever it measures."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import polars as pl

Facts = dict[str, object]
"""Column -> value, as a row of a table or an object of JSON."""


class Report(Protocol):
    """What an evaluation measured and kept, ready to be printed."""

    @property
    def rows(self) -> "pl.DataFrame":
        """The result rows that the report is about."""

    @property
    def notes(self) -> Sequence[str]:
        """What the numbers hide, one line each; the command prints them on stderr."""

    @property
    def table(self) -> Sequence[Facts]:
        """At least one line; all have the same keys."""

    @property
    def wide_only(self) -> Sequence[str]:
        """Columns of the table that the screen shows only when it is asked for every one."""
