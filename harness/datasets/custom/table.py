"""The table: a CSV, TSV or Parquet file with a row for every image."""

import os
import shlex
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path, PurePath
from unicodedata import normalize

import polars as pl

from fuseboard.harness.datasets.custom import missing, split_names
from fuseboard.harness.datasets.custom.divided import FURTHER
from fuseboard.harness.datasets.custom.spec import Spec
from fuseboard.harness.datasets.custom.spelling import composed
from fuseboard.harness.datasets.custom.table_faults import Faults
from fuseboard.harness.datasets.image_files import ENDINGS
from fuseboard.store.embeddings.manifest import SPLITS
from fuseboard.store.errors import UsageError
from fuseboard.store.files import table_file

MAX_PATH = 255
"""Characters of a column's name that may be a path; some systems refuse to look for longer ones."""


def read(table: Path, root: Path, spec: Spec) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Returns the images of a table.

    Args:
        table: the file.
        root: the folder where its paths begin.
        spec: names its columns.

    Returns:
        Columns path, label or `labels.NAME` (text), split and group where the table has them, and `further.NAME` of
        those that have no meaning here; and remarks.

    Raises:
        UsageError: a column or a cell that is missing, a word such as NA that means so and no rule for it, a path
            twice, outside the folder or without a file, a split that nobody knows.
    """
    frame = table_file.read(table)
    columns = {"path": spec.path}
    if not spec.labels:
        columns["label"] = spec.label
    columns |= {f"labels.{name}": name for name in spec.labels}
    for key in ("split", "group"):
        name = getattr(spec, key)
        if composed(name) in frame.columns or key in spec.model_fields_set:
            columns[key] = name
    columns = {key: composed(name) for key, name in columns.items()}
    refuse_headless(table, root, frame.drop(table_file.ROW).columns)
    _refuse_lacking(table, columns, frame.drop(table_file.ROW).columns)
    text = [table_file.text(frame, name, table).alias(key) for key, name in columns.items()]
    further = [
        table_file.lenient_text(frame, name).alias(f"{FURTHER}{name}")
        for name in frame.columns
        if name not in (table_file.ROW, *columns.values())
    ]
    rows = frame.select(table_file.ROW, *text, *further).with_columns(table_file.within(root))
    remarks: tuple[str, ...] = ()
    if spec.missing is not None:
        rows, remarks = missing.settle(rows, spec)
    if not len(rows):
        raise UsageError(f"{table}: holds no row{' whose label is known' * len(remarks)}; list the images, one a row")
    faults = Faults(table)
    for key, name in columns.items():
        faults.find(rows, pl.col(key).is_null(), f"no {name}; fill it in, or remove the row")
    if spec.missing is None:
        _find_words(faults, rows, spec)
    _find_paths(faults, rows, root)
    for name in spec.labels:
        flag = pl.col(f"labels.{name}").str.replace(r"\.0*$", "")
        faults.find(rows, ~flag.is_in(["0", "1"]), f"{name} of {{path}} is neither 0 nor 1; mend it")
        rows = rows.with_columns(flag.alias(f"labels.{name}"))
    if "split" in columns:
        _find_splits(faults, rows)
    faults.refuse()
    return rows.drop(table_file.ROW), remarks


def refuse_headless(table: Path, root: Path, found: Sequence[str]) -> None:
    """Raises where the first line is a row already, whose image would be lost: it names a file."""
    images = (name for name in found if len(name) < MAX_PATH and PurePath(name).suffix.lower() in ENDINGS)
    if row := next((name for name in images if (root / name).is_file()), None):
        raise UsageError(
            f"{table}: its first line is a row, of the image {row}; write the names of the columns above it, such as "
            "path,label"
        )


def _refuse_lacking(table: Path, columns: Mapping[str, str], found: Sequence[str]) -> None:
    """Raises where the table lacks columns: says which there are, and by which keys of a TOML they are meant."""
    lacking = [key for key, name in columns.items() if name not in found]
    if not lacking:
        return
    near = {key: get_close_matches(columns[key], found, n=1) for key in lacking}
    said = " and ".join(
        f"unknown column {columns[key]!r}{f' (did you mean {near[key][0]}?)' if near[key] else ''}" for key in lacking
    )
    keys = dict.fromkeys("labels" if key.startswith("labels.") else key for key in lacking)
    raise UsageError(
        f"{table}: {said}; its columns are {', '.join(found)}. Say in a TOML which is meant, by "
        f"{', '.join(f'{key} = …' for key in keys)} (and, where there are such, split = …, group = …); "
        f"`fuseboard datasets new {_typed(table)}` writes one"
    )


def _typed(path: Path) -> str:
    """A path as it can be typed where the command was."""
    here = Path.cwd()
    return shlex.quote(str(path.relative_to(here) if path.is_relative_to(here) else path))


def _find_splits(faults: Faults, rows: pl.DataFrame) -> None:
    """Finds names of splits that are none; where they are other people's, says which is meant."""
    strange = rows.filter(~pl.col("split").is_in(SPLITS))["split"].unique(maintain_order=True)
    for name in strange:
        if meant := split_names.misspelt(name):
            faults.find(rows, pl.col("split") == name, f"{{path}} is in the split {name}; did you mean {meant}?")
    known = f"a split is {', '.join(SPLITS)}"
    faults.find(rows, ~pl.col("split").is_in(SPLITS), f"{{path}} is in the split {{split}}; {known}")


def _find_words(faults: Faults, rows: pl.DataFrame, spec: Spec) -> None:
    """Finds where NA, nan or None would become a class, or one patient of many."""
    for key in missing.columns(rows):
        listed = ", or list it in `classes`" if key == "label" else ""
        faults.find(
            rows,
            missing.is_word(key, spec),
            f"{spec.named(key)} is a word for what is not known ({missing.counts(rows, key, spec)}); fill it in, say "
            f'missing = "drop" in a TOML to leave such images out or missing = "keep" to take it as a name{listed}',
        )


def _find_paths(faults: Faults, rows: pl.DataFrame, root: Path) -> None:
    """Finds paths that name no file of the folder, or name it twice."""
    rows = rows.drop_nulls("path")
    parts = pl.col("path").str.split("/")
    absolute = pl.col("path").str.starts_with("/")
    fix = f"say as `images` a folder that it lies in, instead of {root}"
    faults.find(rows, absolute, f"{{path}} is an absolute path that does not begin with {os.path.abspath(root)}; {fix}")
    outside = parts.list.contains("..")
    faults.find(rows, outside, f"{{path}} leads out of {root}; say as `images` the folder that holds all of them")
    plain = ~(parts.list.contains(".") | parts.list.contains(""))
    faults.find(rows, ~plain, "{path} is not plain; leave out `./` and double slashes")
    faults.find(rows, ~pl.col("path").is_first_distinct(), "{path} is listed before; list every image once")
    rows = rows.filter(~absolute & ~outside & plain)
    lacking = rows.filter(~pl.Series([(root / path).is_file() for path in rows["path"]], dtype=pl.Boolean))
    spelt = [any((root / normalize(form, path)).is_file() for form in ("NFC", "NFD")) for path in lacking["path"]]
    faults.find(
        lacking.with_columns(spelt=pl.Series(spelt, dtype=pl.Boolean)),
        pl.col("spelt"),
        "{path} is there with its accents written in another way (composed or decomposed); write both in one way",
    )
    windows = pl.col("path").str.contains("\\", literal=True)
    faults.find(lacking, windows, "{path} is a path of Windows; write it with / and from the folder `images` on")
    ending = _ending(lacking, root)
    known = f"no file {root}/{{path}}, but {{path}}{ending}; write the ending, too"
    faults.find(lacking, pl.lit(ending != ""), known)
    fix = "mend the path, or say as `images` the folder where paths begin"
    faults.find(lacking, pl.lit(True), f"no file {root}/{{path}}; {fix}")


def _ending(lacking: pl.DataFrame, root: Path) -> str:
    """Returns the ending with which every path is there that is not there without it; none where that is not so."""
    paths = lacking["path"].to_list()
    fitting = (e for e in sorted(ENDINGS) if paths and all((root / f"{path}{e}").is_file() for path in paths))
    return next(fitting, "")
