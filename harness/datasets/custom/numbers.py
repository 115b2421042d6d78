"""A table with a number for every image, which is no dataset of classes: what a regression learns from."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fuseboard.harness.datasets.custom import implied, table
from fuseboard.harness.datasets.custom.divided import FURTHER
from fuseboard.harness.datasets.custom.table_faults import Faults
from fuseboard.store.errors import UsageError, unknown
from fuseboard.store.files import table_file


@dataclass(frozen=True)
class Numbered:
    """Images in the order of their paths' characters, and their numbers."""

    name: str
    root: Path
    paths: tuple[str, ...]
    """Of the N images, below the root."""
    numbers: NDArray[np.float64]
    """(N,)"""
    groups: NDArray[np.str_] | None
    """(N,), such as patients; None where nobody said."""
    splits: NDArray[np.str_] | None
    """(N,) as the table gives them; None where it gives none."""


def read(path: Path, target: str, group: str | None = None) -> Numbered:
    """Reads a table with the columns path and `target`, and perhaps split and group.

    Args:
        path: a CSV, TSV or Parquet file.
        target: column of the numbers.
        group: column that says what must not be on two sides.

    Raises:
        UsageError: no table, no such column, or the faults of its rows, all at once: a path that is no file, a number
            that is none.
    """
    if not implied.is_table(path):
        raise UsageError(f"{path}: numbers are learned from a table; list path and {target} in a CSV or Parquet file")
    spec = implied.spec(path, group)
    if target in (spec.path, spec.group, spec.split):
        raise UsageError(f"{path}: {target} cannot be predicted, since it is the path, the group or the split")
    if target not in (columns := table_file.read(path).drop(table_file.ROW).columns):
        raise unknown("column", target, columns, str(path))
    root = path.absolute().parent
    rows, _ = table.read(path, root, spec.model_copy(update={"label": spec.path}))
    rows = rows.with_row_index(table_file.ROW).with_columns(
        number=pl.col(f"{FURTHER}{target}").cast(pl.Float64, strict=False).fill_nan(None)
    )
    faults = Faults(path)
    wrong = pl.col("number").is_null() | pl.col("number").is_infinite()
    faults.find(rows, wrong, f"{target} of {{path}} is no number; fill it in, or remove the row")
    faults.refuse()
    rows = rows.sort("path")
    given = {key: rows[key].to_numpy().astype(str) if key in rows.columns else None for key in ("group", "split")}
    return Numbered(spec.name, root, tuple(rows["path"]), rows["number"].to_numpy(), given["group"], given["split"])
