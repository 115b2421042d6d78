"""The file of a table: its cells as text, and what spreadsheets write that is no table named."""

import csv
import io
import os
import unicodedata
from pathlib import Path

import polars as pl

from fuseboard.store.errors import UsageError
from fuseboard.store.files import literal_path, text_file

SEPARATORS = {".csv": ",", ".tsv": "\t", ".parquet": None}

SEEN = (";", "\t", "|", ",")
"""What separates columns where the ending says another: semicolons where the comma is the decimal point, and so on."""

ARCHIVE = b"PK\x03\x04"
"""Begins a ZIP file."""

NUMBERED = 5
"""Lines with more cells than columns that are named, when there are more."""

ROW = "row of the file"
"""The column of row numbers, from 0."""

EXACT = 2**53
"""Up to it every whole number has a float of its own."""


def read(table: Path) -> pl.DataFrame:
    """Returns the columns of a table by their names without spaces around them and with composed accents, and `ROW`.

    Lines without a cell are passed over, as spreadsheets leave them at the end; the others keep their numbers. Where
    the first line has no comma (or no tab, of a TSV), semicolons, tabs, pipes or commas separate the columns.

    Raises:
        UsageError: the file is none of these, is not UTF-8, begins with Excel's `sep=`, or has lines of more cells
            than columns.
    """
    if table.suffix.lower() not in SEPARATORS:
        raise UsageError(f"{table}: a table is a file that ends in {', '.join(SEPARATORS)}")
    separator = SEPARATORS[table.suffix.lower()]
    try:
        if separator is None:
            return _named(literal_path.read_parquet(table), table)
        separator = _separator(table, separator)
        frame = _named(literal_path.read_csv(table, separator), table)
    except FileNotFoundError:
        raise UsageError(f"{table}: no such file; `table` names it, relative to the TOML") from None
    except pl.exceptions.PolarsError as error:
        if separator is not None:
            _refuse_lines(table, separator)
        reason = str(error).splitlines()[0]
        raise UsageError(f"{table}: not readable ({reason}); mend it, or save it as UTF-8 CSV or Parquet") from error
    return frame.filter(~pl.all_horizontal(pl.exclude(ROW).is_null()))


def _named(frame: pl.DataFrame, table: Path) -> pl.DataFrame:
    names = [unicodedata.normalize("NFC", name.strip()) for name in frame.columns]
    if twice := sorted({name for name in names if name and names.count(name) > 1}):
        raise UsageError(f"{table}: two columns are called {twice[0]!r}; rename one")
    # Columns without a name, as spreadsheets leave them, are nobody's.
    named = {old: new for old, new in zip(frame.columns, names, strict=True) if new}
    return frame.select(list(named)).rename(named).with_row_index(ROW)


def _separator(table: Path, usual: str) -> str:
    """Returns what separates the columns; raises where the first line cannot be their names, and says what it is."""
    with table.open("rb") as file:
        line = file.readline(2**16)
    if line.startswith(ARCHIVE):
        raise UsageError(f"{table}: it is an archive, as Excel's .xlsx is one; save the table as CSV in UTF-8")
    text_file.refuse_utf_16(line, table)
    start = line.removeprefix(text_file.MARK).strip()
    if start.lower().startswith(b"sep="):
        raise UsageError(f"{table}: its first line is Excel's {start.decode(errors='replace')!r}; remove that line")
    if b"\r" in start:
        raise UsageError(f"{table}: its lines end as those of old Macs (CR alone); save it with other line ends")
    others = (other for other in SEEN if other.encode() in start)
    return usual if usual.encode() in start else next(others, usual)


def _refuse_lines(table: Path, separator: str) -> None:
    """Raises where lines are what no table has: bytes that are no UTF-8, or more cells than the first line names."""
    text = text_file.decoded(table.read_bytes(), table)
    lines = csv.reader(io.StringIO(text), delimiter=separator, strict=True)
    begin, ragged, others = 0, list[tuple[int, int]](), 0
    columns = len(next(lines, []))
    try:
        for cells in lines:
            begin, is_more = lines.line_num, len(cells) > columns
            others += bool(cells) and not is_more
            ragged += [(begin, len(cells))] if is_more else []
    except csv.Error as error:
        raise UsageError(
            f"{table}: line {begin + 1}: a double quote is opened that is never closed, or stands in the middle of a "
            "cell; mend it, or write it twice"
        ) from error
    if ragged and columns == 1 and not others:
        first = text.splitlines()[0][:60]
        raise UsageError(f"{table}: its first line, {first!r}, names no columns; remove what stands above those names")
    if ragged:
        named = ", ".join(f"line {line} has {cells}" for line, cells in ragged[:NUMBERED])
        more = f" and {len(ragged) - NUMBERED:,} more lines too many" if len(ragged) > NUMBERED else ""
        raise UsageError(
            f"{table}: the first line names {columns} columns, and {named}{more}; put a cell that holds {separator!r} "
            "between double quotes, or name the column"
        )


def text(frame: pl.DataFrame, name: str, table: Path) -> pl.Expr:
    """Returns a column as text without spaces around it; empty is missing.

    pandas makes floats of whole numbers beside which one is missing; they are whole numbers again.
    """
    kind, column = frame.schema[name], pl.col(name)
    if kind.is_float():
        column = column.fill_nan(None)
        values = frame.select(column.drop_nulls())[name]
        if not ((values == values.round()) & (values.abs() <= EXACT)).all():
            broken = values.filter(~((values == values.round()) & (values.abs() <= EXACT)))[0]
            raise UsageError(f"{table}: column {name} holds {broken}; whole numbers or text are needed")
        column = column.cast(pl.Int64)
    elif kind == pl.Boolean:
        column = column.cast(pl.UInt8)
    elif not (kind.is_integer() or kind in (pl.String, pl.Categorical, pl.Enum, pl.Null)):
        raise UsageError(f"{table}: column {name} holds {kind}; whole numbers or text are needed")
    plain = column.cast(pl.String).str.strip_chars()
    return pl.when(plain != "").then(plain)


def lenient_text(frame: pl.DataFrame, name: str) -> pl.Expr:
    """Returns a column as text whatever it holds, decimals and dates too; null where it is nothing that is written."""
    kind, column = frame.schema[name], pl.col(name)
    if kind.is_nested() or kind in (pl.Binary, pl.Object):
        return pl.lit(None, pl.String)
    if kind.is_float():
        column = column.fill_nan(None)
        values = frame.select(column.drop_nulls())[name]
        if ((values == values.round()) & (values.abs() <= EXACT)).all():
            column = column.cast(pl.Int64)
    plain = column.cast(pl.String).str.strip_chars()
    return pl.when(plain != "").then(plain)


def within(root: Path) -> pl.Expr:
    """Returns the paths with those that begin with the folder's own made relative to it."""
    start = os.path.join(os.path.abspath(root), "")
    return pl.col("path").str.strip_prefix(start)
