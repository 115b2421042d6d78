"""Literal paths: Parquet and CSV files opened under exactly the name that a path has.

Left alone, DuckDB and Polars take `[ ] * ?` in a path for a pattern, which reads the files of another folder, and a
folder `label=7` for a column, whose value replaces the stored one. Every file of ours is opened through this module,
and every name in a pattern for `Path.glob` is escaped by it.
"""

import glob
import re
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from fuseboard.store.files.names import refuse_other_than_utf8

if TYPE_CHECKING:  # each caller needs one of the two
    import duckdb
    import polars as pl

_PATTERN = re.compile(r"[*?\[]")
_REGISTERING = threading.Lock()


def duckdb_parquet(database: "duckdb.DuckDBPyConnection", paths: Iterable[Path]) -> str:
    """Returns what stands after FROM to read Parquet files as one table.

    A path with a pattern in it is read through a file system of Python's: DuckDB has no way to say that a name is
    literal, and brackets around `[` fail beside a folder with a backslash in its name.

    Args:
        database: where it will be read.
        paths: of the files, at least one.
    """
    names = ", ".join(quoted(_duckdb_name(database, path.absolute())) for path in paths)
    return f"read_parquet([{names}], hive_partitioning = false)"


def duckdb_folders(database: "duckdb.DuckDBPyConnection", folder: Path) -> list[str]:
    """Returns the `allowed_directories` under which DuckDB reads the files of a folder."""
    return [f"{folder}/", *({_duckdb_name(database, folder) + "/"} - {f"{folder}/"})]


def has_pattern(path: Path) -> bool:
    """Whether a library that takes paths for patterns would read other files than those of this path."""
    return _PATTERN.search(str(path)) is not None


def quoted(text: str) -> str:
    """Returns a text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def _duckdb_name(database: "duckdb.DuckDBPyConnection", path: Path) -> str:
    if not has_pattern(path):
        return str(path)
    from fuseboard.store.files.literal_filesystem import PREFIX, LiteralFileSystem

    with _REGISTERING:
        if not database.filesystem_is_registered(LiteralFileSystem.protocol):
            database.register_filesystem(LiteralFileSystem())
            # A file that was replaced by one of the same size within a second would be answered from memory.
            database.execute("SET enable_external_file_cache = false")
    return f"{PREFIX}{path.resolve() if '..' in path.parts else path}"


def _polars_name(path: Path) -> Path:
    refuse_other_than_utf8(path)
    return path.absolute()


def scan_parquet(path: Path) -> "pl.LazyFrame":
    """Returns the rows of one Parquet file, which are read when they are collected."""
    import polars as pl

    return pl.scan_parquet(_polars_name(path), glob=False, hive_partitioning=False)


def read_parquet(source: Path | bytes, columns: list[str] | None = None) -> "pl.DataFrame":
    """Returns the rows of one Parquet file, or of the bytes of one."""
    import polars as pl

    file = source if isinstance(source, bytes) else _polars_name(source)
    return pl.read_parquet(file, columns=columns, glob=False, hive_partitioning=False)


def read_csv(path: Path, separator: str) -> "pl.DataFrame":
    """Returns the rows of one CSV file, every column as text: a guessed number would lose leading zeros."""
    import polars as pl

    return pl.read_csv(_polars_name(path), separator=separator, infer_schema=False, glob=False)


def in_pattern(name: str) -> str:
    """Returns a name as a part of a pattern that fits it alone; `*` stays the pattern for every name."""
    return name if name == "*" else glob.escape(name)
