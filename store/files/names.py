"""Names of files that are not UTF-8, which Arrow, DuckDB and Polars cannot open and no table can hold."""

import os
from pathlib import Path

from fuseboard.store.errors import UsageError


def printable(path: str | Path) -> str:
    """Returns a path with the bytes that are not UTF-8 as `\\xe4`."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def problem(path: str | Path) -> str:
    """Returns what to say of a path with a name that is not UTF-8."""
    return f"{printable(path)}: a name that is not UTF-8; rename it (for example with convmv)"


def refuse_other_than_utf8(path: Path) -> None:
    """Raises where a path has a name that is not UTF-8."""
    if str(path) != printable(path):
        raise UsageError(problem(path))
