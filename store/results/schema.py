"""Result files: the Parquet under `results/`, opened one by one, each checked for the columns of a result row."""

from pathlib import Path
from typing import Any

import polars as pl

from fuseboard.store.files import damage, literal_path
from fuseboard.store.files.damage import DamagedFile
from fuseboard.store.results import metrics

SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "key": pl.String,
    "evaluation": pl.String,
    "protocol": pl.String,
    "protocol_digest": pl.String,
    "dataset": pl.String,
    "source_md5": pl.String,
    "split": pl.String,
    "subset": pl.List(pl.String),
    "fingerprints": pl.List(pl.String),
    "fusion": pl.String,
    "classifier": pl.String,
    "params": pl.String,
    "seed": pl.Int64,
    "metric_set": pl.String,
    "selection": pl.List(pl.String),
    **dict.fromkeys(metrics.FIELDS, pl.Float64),
    "reason": pl.String,
    "rows": pl.Int64,
    "features": pl.Int64,
    "fit_s": pl.Float64,
    "predict_s": pl.Float64,
    "peak_rss_mb": pl.Float64,
    "peak_vram_mb": pl.Float64,
    "jobs": pl.Int64,
    "device": pl.String,
    "hardware": pl.String,
    "libraries": pl.String,
    "created": pl.Datetime("us", "UTC"),
    "right": pl.List(pl.UInt8),
    "scores": pl.List(pl.List(pl.Float32)),
}

LATER = {"params", "right", "scores"} | metrics.LATER
"""Columns that a file may lack, whose rows have null there: those that were added later, and the answers per image,
which a published board leaves out."""

MEND = "delete it and run the same search again"


def folder_of(root: Path, evaluation: str, dataset: str) -> Path:
    """Returns the folder of the rows of an evaluation on a dataset."""
    return root / "results" / evaluation / dataset


def frames(root: Path, evaluation: str, dataset: str, scores: bool) -> tuple[list[pl.DataFrame], list[DamagedFile]]:
    """One frame per file, by name, after an empty one; and what is wrong with the files that cannot be read."""
    columns = [name for name in SCHEMA if scores or name != "scores"]
    pattern = f"{literal_path.in_pattern(evaluation)}/{literal_path.in_pattern(dataset)}/[!.]*.parquet"
    while True:
        paths = sorted((root / "results").glob(pattern))
        empty = pl.DataFrame(schema={name: SCHEMA[name] for name in columns})
        try:
            found, damaged = damage.readable(paths, lambda path: _open(path, columns))
            return [empty, *found.values()], list(damaged.values())
        except FileNotFoundError:  # another process joined the files meanwhile: list them again
            continue


def _open(path: Path, columns: list[str]) -> pl.DataFrame:
    with damage.named(path, "results file", MEND, pl.exceptions.PolarsError):
        present = literal_path.scan_parquet(path).collect_schema()
        lacking = [name for name in columns if name not in present]
        if required := [name for name in lacking if name not in LATER]:
            raise DamagedFile(
                path, f"of another schema: it lacks the column{'s'[: len(required) - 1]} {', '.join(required)}", MEND
            )
        for name in columns:
            if name in present and not _fits(present[name], SCHEMA[name]):
                raise DamagedFile(path, f"of another schema: its column {name} is of the type {present[name]}", MEND)
        rows = literal_path.read_parquet(path, columns=[name for name in columns if name not in lacking])
        rows = rows.with_columns(pl.lit(None, SCHEMA[name]).alias(name) for name in lacking)
        return rows.select(pl.col(name).cast(SCHEMA[name]) for name in columns)


def _fits(present: Any, wanted: Any) -> bool:
    """Whether every value of a type is one of another: numbers may be narrower, and a column may be all null."""
    if present == pl.Null or present == wanted:
        return True
    if isinstance(present, pl.List) and isinstance(wanted, pl.List):
        return _fits(present.inner, wanted.inner)
    if wanted.is_float():
        return bool(present.is_numeric())
    if wanted.is_integer():
        return bool(present.is_integer())
    return bool(wanted.is_temporal() and present == pl.Datetime)
