"""The interval file: measured rows of one dataset as Parquet, which may be deleted and is then made again."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from fuseboard.store.errors import FuseboardError
from fuseboard.store.files import atomic
from fuseboard.store.statistics.delong import Auc
from fuseboard.store.statistics.estimates import Replicates
from fuseboard.store.statistics.resampling import RESAMPLES
from fuseboard.store.statistics.test_metrics import Measured

FORMAT = "1"
"""Another one when the columns, the draws or the computation of anything in them change."""
METRICS = ("auc", "acc", "balanced_acc")

_RESAMPLED = pl.Struct(
    {
        "metric": pl.String,
        "value": pl.Float64,
        "resampled": pl.List(pl.Float64),
        "digest": pl.String,
        "reason": pl.String,
    }
)
_DELONG = pl.Struct({"value": pl.Float64, "influence": pl.List(pl.Float64), "digest": pl.String, "reason": pl.String})
SCHEMA = pl.Schema(
    {
        "key": pl.String(),
        "predictions": pl.String(),
        "refused": pl.String(),
        **dict.fromkeys(METRICS, _RESAMPLED),
        "delong": _DELONG,
        "ece": pl.Float64(),
        "brier": pl.Float64(),
        "uncalibrated": pl.String(),
    }
)
"""One row per result row that has predictions: their digest, and what they measure or why they do not."""


def read(path: Path) -> tuple[str, pl.DataFrame] | None:
    """The stamp it was written under and its rows; None where there is none, or one of another format.

    Raises:
        FuseboardError: it is damaged.
    """
    if not path.exists():
        return None
    try:
        table = pq.read_table(path, partitioning=None, page_checksum_verification=True)
        about = table.schema.metadata or {}
        if about.get(b"format") != FORMAT.encode() or about.get(b"resamples") != str(RESAMPLES).encode():
            return None
        rows = pl.DataFrame(pl.from_arrow(table))
        if rows.schema != SCHEMA:
            raise TypeError("other columns than its format has")
        return about[b"stamp"].decode(), rows
    except (OSError, pa.ArrowException, pl.exceptions.PolarsError, KeyError, TypeError) as error:
        raise FuseboardError(
            f"{path}: not readable ({str(error).splitlines()[0]}); delete it, it is made again"
        ) from error


def write(path: Path, stamp: str, rows: pl.DataFrame) -> None:
    """Replaces the file in one step."""
    about = {"format": FORMAT, "resamples": str(RESAMPLES), "stamp": stamp}
    table = rows.to_arrow(compat_level=pl.CompatLevel.oldest()).replace_schema_metadata(about)
    with atomic.replacing(path) as temporary:
        pq.write_table(table, temporary, compression="zstd", write_page_checksum=True)


def record(key: str, predictions: str, one: Measured | str) -> dict[str, Any]:
    """Returns a row of the file."""
    empty = dict.fromkeys(SCHEMA, None) | {"key": key, "predictions": predictions}
    if isinstance(one, str):
        return empty | {"refused": one}
    own: dict[str, Any] = {metric: vars(getattr(one, metric)) for metric in METRICS}
    own |= {"delong": vars(one.delong), "ece": one.ece, "brier": one.brier, "uncalibrated": one.uncalibrated}
    return empty | own


def measured(row: Mapping[str, Any]) -> Measured | str:
    """What a row of the file says."""
    if row["refused"] is not None:
        return str(row["refused"])
    auc, acc, balanced_acc = (
        Replicates(**{**row[metric], "resampled": np.array(row[metric]["resampled"], np.float64)}) for metric in METRICS
    )
    delong = Auc(**{**row["delong"], "influence": np.array(row["delong"]["influence"], np.float64)})
    return Measured(auc, acc, balanced_acc, delong, row["ece"], row["brier"], row["uncalibrated"])
