"""Listing: which images a dataset of one's own has, and what its folders or its table say of each."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import polars as pl

from harness.datasets.own_spec import Spec
from harness.datasets.picture import ENDINGS
from store.errors import UsageError, unknown
from store.manifest import SPLITS

READERS = {".csv": ",", ".tsv": "\t", ".parquet": None}
"""Endings of tables; those of text with what is between their columns."""


def from_folder(root: Path) -> tuple[pl.DataFrame, list[str]]:
    """Images of a folder with one folder per class, or with `train`, `val`, `test` above those.

    Folders and files whose name begins with a point are passed over.

    Returns:
        Columns path, label and, where the folders give it, split; and the paths of other files, which were left out.

    Raises:
        UsageError: an image outside a class, folders of splits and of classes side by side, a class without an image.
    """
    if not root.is_dir():
        raise UsageError(f"{root}: no such folder; `images` names it, relative to the TOML")
    paths = sorted(_files(root, ""))
    found = [path for path in paths if PurePosixPath(path).suffix.lower() in ENDINGS]
    left_out = [path for path in paths if PurePosixPath(path).suffix.lower() not in ENDINGS]
    tops = {path.partition("/")[0] for path in found if "/" in path}
    of_splits = tops & set(SPLITS)
    if of_splits and (others := tops - of_splits):
        raise UsageError(
            f"{root}: {', '.join(sorted(of_splits))} beside {', '.join(sorted(others)[:3])}; have folders of splits "
            f"({', '.join(SPLITS)}) with classes in them, or of classes alone"
        )
    depth = 1 if of_splits else 0
    if loose := [path for path in found if path.count("/") <= depth]:
        raise UsageError(f"{root / loose[0]}: lies in no folder of a class; make one folder per class")
    frame = pl.DataFrame({"path": found, "label": [path.split("/")[depth] for path in found]}, schema_overrides=TEXT)
    without = {path.split("/")[depth] for path in left_out if path.count("/") > depth} - set(frame["label"])
    if without or not found:
        raise UsageError(
            f"{root / min(without, default='')}: no image there; looked for {', '.join(sorted(ENDINGS))}"
        )
    if of_splits:
        frame = frame.with_columns(split=pl.Series([path.split("/")[0] for path in found]))
    return frame, left_out


TEXT: dict[str, pl.DataType | type[pl.DataType]] = {"path": pl.String, "label": pl.String}


def _files(root: Path, below: str, above: frozenset[str] = frozenset()) -> Iterator[str]:
    """Every file below a folder; links are followed, because large folders are often linked into place."""
    own = os.path.realpath(root / below)
    if own in above:
        raise UsageError(f"{root / below}: a link to a folder that it lies in; remove it")
    with os.scandir(root / below) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            path = f"{below}/{entry.name}" if below else entry.name
            if entry.is_dir():
                yield from _files(root, path, above | {own})
            else:
                yield path


def from_table(table: Path, root: Path, spec: Spec) -> pl.DataFrame:
    """Images of a CSV, TSV or Parquet file.

    Args:
        table: of one row per image.
        root: the folder where its paths begin.
        spec: names its columns.

    Returns:
        Columns path, label (or those of `labels`, 0 and 1) and, where the table has them, split and group.

    Raises:
        UsageError: a column or a cell that is missing, a path twice, outside the folder or without a file, a split
            that nobody knows.
    """
    frame = _read(table)
    wanted = {"path": spec.path, **({} if spec.labels else {"label": spec.label})}
    for key in ("split", "group"):
        name = getattr(spec, key)
        if name in frame.columns:
            wanted[key] = name
        elif key in spec.model_fields_set:
            raise unknown("column", name, frame.columns, str(table))
    for name in (*wanted.values(), *spec.labels):
        if name not in frame.columns:
            raise unknown("column", name, frame.columns, str(table))
    rows = frame.select(
        *(_text(frame, name, table).alias(key) for key, name in wanted.items()),
        *(_text(frame, name, table).alias(f"labels.{name}") for name in spec.labels),
    )
    where = _Where(table, rows)
    for key, name in {**wanted, **{f"labels.{name}": name for name in spec.labels}}.items():
        where.refuse(pl.col(key).is_null(), f"no {name}; fill it in, or remove the row")
    _check_paths(rows, root, where)
    if "split" in rows.columns and len(strange := rows.filter(~pl.col("split").is_in(SPLITS))):
        line = where.line(rows["split"].to_list().index(strange["split"][0]))
        raise unknown("split", strange["split"][0], SPLITS, f"{table}, {line}")
    for name in spec.labels:
        where.refuse(~pl.col(f"labels.{name}").is_in(["0", "1"]), f"{name} is neither 0 nor 1; mend it")
    return rows.with_columns(pl.col(f"labels.{name}").cast(pl.UInt8) for name in spec.labels)


class _Where:
    """Finds the first row with a fault, by the number that a person sees."""

    def __init__(self, table: Path, rows: pl.DataFrame) -> None:
        self._table, self._rows = table, rows

    def line(self, row: int) -> str:
        return f"row {row + 1}" if self._table.suffix.lower() == ".parquet" else f"line {row + 2}"

    def refuse(self, fault: pl.Expr, message: str) -> None:
        """Raises when the expression is true anywhere; `{path}` in the message is the row's path."""
        faulty = self._rows.select(fault.arg_true()).to_series()
        if len(faulty):
            row = int(faulty[0])
            more = f" ({len(faulty):,} such rows)" if len(faulty) > 1 else ""
            path = self._rows["path"][row]
            raise UsageError(f"{self._table}: {self.line(row)}: {message.replace('{path}', str(path))}{more}")


def _check_paths(rows: pl.DataFrame, root: Path, where: _Where) -> None:
    parts = pl.col("path").str.split("/")
    outside = pl.col("path").str.starts_with("/") | parts.list.contains("..")
    where.refuse(outside, f"{{path}} leads out of {root}; have the images there, and say it as `images`")
    where.refuse(parts.list.contains(".") | parts.list.contains(""), "{path} is not plain; leave out `./` and `//`")
    where.refuse(~pl.col("path").is_first_distinct(), "{path} is listed before; list every image once")
    there = pl.Series([(root / path).is_file() for path in rows["path"]])
    where.refuse(~pl.lit(there), f"no file {root}/{{path}}; mend the path, or say as `images` where paths begin")


def _read(table: Path) -> pl.DataFrame:
    if table.suffix.lower() not in READERS:
        raise UsageError(f"{table}: not a table; `table` ends in {', '.join(READERS)}")
    try:
        separator = READERS[table.suffix.lower()]
        if separator is None:
            return pl.read_parquet(table)
        # As text: numbers guessed from the first rows would lose leading zeros.
        return pl.read_csv(table, separator=separator, infer_schema=False)
    except FileNotFoundError:
        raise UsageError(f"{table}: no such file; `table` names it, relative to the TOML") from None
    except pl.exceptions.PolarsError as error:
        reason = str(error).splitlines()[0]
        raise UsageError(f"{table}: not readable ({reason}); mend it, or save it again as UTF-8 CSV or Parquet") from error


def _text(frame: pl.DataFrame, name: str, table: Path) -> pl.Expr:
    """A column as text without spaces around it; empty is missing."""
    kind = frame.schema[name]
    if not (kind.is_integer() or kind in (pl.String, pl.Categorical, pl.Enum, pl.Boolean)):
        raise UsageError(f"{table}: column {name} is {kind}; whole numbers or text are needed")
    plain = pl.col(name).cast(pl.UInt8) if kind == pl.Boolean else pl.col(name)
    text = plain.cast(pl.String).str.strip_chars()
    return pl.when(text != "").then(text)
