"""Subset tables are the rows of the explorer as frames, for download at full precision."""

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from fuseboard.leaderboard.boards.board import Board
from fuseboard.leaderboard.costs.inference_cost import InferenceCost
from fuseboard.leaderboard.explorer.explorer import MeanRow, SubsetRow

_Schema = Mapping[str, pl.DataType | type[pl.DataType]]

_COSTS: _Schema = {"s_per_image": pl.Float64, "peak_vram_mb": pl.Float64, "peak_rss_mb": pl.Float64}
_LINES: _Schema = {
    "protocol": pl.String,
    "dataset": pl.String,
    "subset": pl.List(pl.String),
    "place": pl.Int64,
    "roles": pl.List(pl.String),
    **{f"{split}_{metric}": pl.Float64 for split in ("val", "test") for metric in ("auc", "acc", "log_loss")},
    "test_auc_low": pl.Float64,
    "test_auc_high": pl.Float64,
    "reason": pl.String,
    "features": pl.Int64,
    "fit_s": pl.Float64,
    **_COSTS,
    "test_key": pl.String,
}
_MEANS: _Schema = {
    "protocol": pl.String,
    "datasets": pl.List(pl.String),
    "subset": pl.List(pl.String),
    "place": pl.Int64,
    "val": pl.Float64,
    "test_auc": pl.Float64,
    "test_acc": pl.Float64,
    "reason": pl.String,
    "features": pl.Int64,
    **_COSTS,
}


def of_lines(board: Board, rows: Iterable[SubsetRow]) -> pl.DataFrame:
    """Return the subsets of a board, best on validation first."""
    return pl.DataFrame([_line(board, row) for row in rows], schema=_LINES, orient="row")


def of_means(protocol: str, datasets: tuple[str, ...], rows: Iterable[MeanRow]) -> pl.DataFrame:
    """Return the subsets of several datasets, best on validation first."""
    found = [
        (
            *(protocol, list(datasets), list(row.subset), row.place, row.val, row.auc, row.acc, row.reason),
            *(row.features, *_costs(row.inference_cost)),
        )
        for row in rows
    ]
    return pl.DataFrame(found, schema=_MEANS, orient="row")


def _line(board: Board, row: SubsetRow) -> tuple[Any, ...]:
    entry, interval = row.entry, row.uncertainty.auc if row.uncertainty else None
    scores = [getattr(score, metric) for score in (entry.val, entry.test) for metric in ("auc", "acc", "log_loss")]
    bounds = (interval.low, interval.high) if interval else (None, None)
    return (
        *(board.protocol, board.dataset, list(entry.subset), row.place, list(row.marks), *scores, *bounds),
        *(entry.test.reason, entry.features, entry.fit_s, *_costs(row.inference_cost), entry.test_key),
    )


def _costs(inference_cost: InferenceCost) -> tuple[float | None, ...]:
    return inference_cost.s_per_image, inference_cost.peak_vram_mb, inference_cost.peak_rss_mb
