"""A table of vectors: CSV, TSV or Parquet with a column of paths or ids and, perhaps, labels and splits."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from fuseboard.store.errors import FuseboardError, unknown
from fuseboard.store.files import table_file
from fuseboard.store.vectors.found import IDS, LABELS, SPLIT, VECTORS, Found, Wanted, check_shape

SMALL_COLUMNS = 64
"""Columns beside those of vectors that a table may have; each is of the images' size."""


def read(path: Path, wanted: Wanted) -> list[Found]:
    """Returns the rows of a table; a list column holds the vectors, or as many columns of numbers as the card says.

    Raises:
        FuseboardError: the vectors are not there or of another width, a cell of them is no number, or a Parquet file
            promises more than the dataset has images.
    """
    is_text = path.suffix.lower() != ".parquet"
    if not is_text:
        _look(path, wanted)
    frame = table_file.read(path)
    line = frame[table_file.ROW].to_numpy() + (2 if is_text else 1)
    names = [name for name in frame.columns if name != table_file.ROW]
    roles = {
        "ids": _named(names, IDS, wanted.ids, path),
        "labels": _named(names, LABELS, wanted.label, path),
        "splits": _named(names, SPLIT, None, path),
    }
    several = [name for name in wanted.labels if name in names]
    taken = {*roles.values(), *(several if len(several) == len(wanted.labels) else ())}
    vectors = _vectors(frame, [name for name in names if name not in taken], line, path.name, wanted)
    check_shape(vectors.shape, path.name, wanted)
    beside: dict[str, Any] = {
        role: np.array(frame.select(table_file.text(frame, name, path))[name].fill_null("").to_list(), str)
        for role, name in roles.items()
        if name is not None
    }
    if wanted.labels and len(several) == len(wanted.labels):
        beside["labels"] = frame.select(pl.col(several).cast(pl.Int64, strict=False).fill_null(-1)).to_numpy()
    return [Found(path.name, len(vectors), vectors, vectors.dtype, **beside, lines=line if is_text else None)]


def _named(names: list[str], usual: tuple[str, ...], said: str | None, path: Path) -> str | None:
    if said is None:
        return next((name for name in names if name.lower() in usual), None)
    if said not in names:
        raise unknown("column", said, names[:200], path.name)
    return said


def _look(path: Path, wanted: Wanted) -> None:
    """Raises where the footer of a Parquet file promises more values than the vectors of the images have."""
    try:
        with pq.ParquetFile(path) as file:
            meta = file.metadata
            groups = [meta.row_group(index) for index in range(meta.num_row_groups)]
            values = [sum(group.column(c).num_values for group in groups) for c in range(meta.num_columns)]
            rows, columns = meta.num_rows, meta.num_columns
    except (OSError, pa.ArrowException) as error:
        raise FuseboardError(f"{path.name}: not readable as Parquet ({str(error).splitlines()[0]})") from error
    if rows > wanted.rows:
        raise FuseboardError(f"{path.name}: {rows:,} rows for the dataset's {wanted.images:,} images")
    if columns > wanted.dim + len(wanted.labels) + SMALL_COLUMNS:
        raise FuseboardError(f"{path.name}: {columns:,} columns, the card says dim = {wanted.dim:,}")
    if max(values, default=0) > rows * max(wanted.dim, 4096):
        raise FuseboardError(f"{path.name}: {max(values):,} numbers in a column of {rows:,} rows")


def _vectors(
    frame: pl.DataFrame, names: list[str], line: NDArray[Any], where: str, wanted: Wanted
) -> NDArray[np.floating[Any]]:
    lists = [name for name in names if isinstance(frame.schema[name], pl.List | pl.Array)]
    if wanted.vectors is not None and wanted.vectors not in names:
        raise unknown("column", wanted.vectors, names[:200], where)
    usual = [name for name in lists if name.lower() in VECTORS] if len(lists) > 1 else lists
    if wanted.vectors is not None or usual:
        return _of_lists(frame[wanted.vectors or usual[0]], line, where, wanted)
    numbers = {name: frame[name].cast(pl.Float64, strict=False) for name in names if name not in lists}
    if len(numbers) > wanted.dim:  # columns of something else lie beside them
        numbers = {name: own for name, own in numbers.items() if own.null_count() < len(own)}
    if len(numbers) != wanted.dim:
        raise FuseboardError(
            f"{where}: {len(numbers):,} columns of numbers, the card says dim = {wanted.dim:,}: these are of another "
            "model, or some columns are something else"
        )
    faulty = [(name, own.is_null().arg_true().to_list()) for name, own in numbers.items() if own.null_count()]
    if faulty:
        name, rows = faulty[0]
        cell = frame[name][rows[0]]
        more = f" ({sum(len(own) for _, own in faulty):,} cells are so)" if len(faulty) > 1 or len(rows) > 1 else ""
        raise FuseboardError(f"{where}: line {line[rows[0]]}: {name} is {cell!r}, which is no number{more}")
    whole: NDArray[np.floating[Any]] = pl.DataFrame(numbers).to_numpy()
    is_single = all(frame.schema[name] in (pl.Float32, pl.String) for name in numbers)  # text has no type of numbers
    return whole.astype(np.float32) if is_single else whole


def _of_lists(column: pl.Series, line: NDArray[Any], where: str, wanted: Wanted) -> NDArray[np.floating[Any]]:
    kind = column.dtype
    inner = getattr(kind, "inner", None)
    if inner is None or not pl.Series(dtype=inner).dtype.is_float():
        raise FuseboardError(f"{where}: {column.name} holds {kind}, and lists of {wanted.dim:,} floats are wanted")
    column = column.arr.to_list() if isinstance(kind, pl.Array) else column
    wrong = (column.list.len().fill_null(0) != wanted.dim).arg_true()
    if len(wrong):
        length = column[int(wrong[0])]
        found = 0 if length is None else len(length)
        raise FuseboardError(
            f"{where}: row {line[int(wrong[0])]}: {found:,} numbers in {column.name}, the card says "
            f"dim = {wanted.dim:,} ({len(wrong):,} of {len(column):,} rows are so)"
        )
    flat = column.explode()
    if flat.null_count():
        raise FuseboardError(f"{where}: {column.name} holds {flat.null_count():,} empty numbers")
    dtype = {2: np.float16, 4: np.float32}.get(flat.to_numpy()[:1].dtype.itemsize, np.float64)
    return flat.to_numpy().astype(dtype, copy=False).reshape(-1, wanted.dim)
