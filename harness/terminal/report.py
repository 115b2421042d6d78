"""The report: what every evaluation answers with, whatever it measures."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import polars as pl

Facts = dict[str, object]
"""Column -> value, as a row of a table or an object of JSON."""


class Report(Protocol):
    """Measured, kept, and ready to be told."""

    @property
    def rows(self) -> "pl.DataFrame":
        """The result rows that it speaks of."""

    @property
    def notes(self) -> Sequence[str]:
        """What the numbers hide, one line each; told on stderr."""

    @property
    def table(self) -> Sequence[Facts]:
        """At least one line; all have the same keys."""
