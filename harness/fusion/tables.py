"""Tables of answers and of vectors: CSV, JSON lines or Parquet, whole or not at all."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fuseboard.store.errors import UsageError, unknown
from fuseboard.store.files import atomic
from fuseboard.store.files.names import printable

FORMATS = ("csv", "jsonl", "parquet")
ENDINGS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}


def format_of(output: Path | None, named: str | None) -> str:
    """Returns the format that is meant: the named one, else that of the ending, else CSV.

    Raises:
        UsageError: an unknown one, an ending that says none, Parquet without a file, or a folder.
    """
    if named is not None and named not in FORMATS:
        raise unknown("format", named, FORMATS)
    if output is not None and output.is_dir():
        raise UsageError(f"{output} is a folder; name the file to be written")
    ending = "" if output is None else output.suffix.lower()
    if named is None and output is not None and ending not in ENDINGS:
        raise UsageError(f"{output}: its ending says no format; end it in {', '.join(ENDINGS)}, or say --format")
    found = named or ENDINGS.get(ending, "csv")
    if found == "parquet" and output is None:
        raise UsageError("Parquet is no text; name a file with --output")
    return found


def write(table: pl.DataFrame, output: Path | None, form: str) -> None:
    """Writes a table to a file, or prints it."""
    if output is None:
        sys.stdout.write(_text(table, form))
        return
    with atomic.replacing(output) as temporary:
        if form == "parquet":
            table.write_parquet(temporary)
        else:
            temporary.write_text(_text(table, form), encoding="utf-8", newline="\n")


def vectors(
    names: Sequence[str], fused: NDArray[np.float32], columns: Sequence[str], faults: Mapping[int, str], form: str
) -> pl.DataFrame:
    """Returns path, vector and error of every image; CSV has a column per number, the others one list.

    Args:
        names: of the images (N,).
        fused: their vectors (N, D), NaN where an image could not be read.
        columns: names of the D numbers.
        faults: number of an image -> why it could not be read.
        form: of the file.
    """
    known = np.array([number not in faults for number in range(len(names))])
    paths = pl.Series("path", [printable(name) for name in names], dtype=pl.String)
    errors = pl.Series("error", [texts(faults.get(n)) for n in range(len(names))], dtype=pl.String)
    if form == "csv":
        table = pl.DataFrame(fused, schema=list(columns)).with_columns(pl.all().fill_nan(None))
        return table.insert_column(0, paths).with_columns(errors)
    lists = pl.Series("embedding", fused, dtype=pl.Array(pl.Float32, fused.shape[1]))
    lists = lists.to_frame().select(pl.when(pl.Series(known)).then(pl.col("embedding"))).to_series()
    return pl.DataFrame([paths, lists if form == "parquet" else lists.cast(pl.List(pl.Float32)), errors])


def texts(reason: str | None) -> str | None:
    """Returns a reason as a table can hold it, whatever bytes a path in it has."""
    return None if reason is None else printable(reason)


def _text(table: pl.DataFrame, form: str) -> str:
    return table.write_ndjson() if form == "jsonl" else table.write_csv()
