"""The rechoice: a protocol's own choice, made again on resampled validation images, from result rows."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fuseboard.store.errors import FuseboardError
from fuseboard.store.results.selection import Criterion, choose
from fuseboard.store.statistics.selection_bias import Winner, win
from fuseboard.store.statistics.weighted_metrics import mean


def rechoose(rows: pl.DataFrame, resamples: int = 1000, seed: int = 0) -> Winner:
    """How optimistic a choice by accuracy is, and how often it would fall alike.

    Args:
        rows: as `store.choice.choose` takes them.
        resamples: bootstrap draws.
        seed: of the draws.

    Raises:
        FuseboardError: a subset lacks its answers on validation, or the protocol chooses by something else than
            accuracy, for which rows keep too little.
    """
    by = Criterion(rows["selection"][0].to_list()[0] if len(rows) else "acc")
    if by.name != "acc":
        raise FuseboardError(
            f"the protocol chooses by {by.name}, and rows keep only what a choice by accuracy needs to be made again"
        )
    val = rows.filter(pl.col("split") == "val", pl.col("acc").is_not_null())
    lacking = val["right"].null_count()
    if lacking or val.is_empty():
        of = f"{lacking} of {len(val)} subset{'' if len(val) == 1 else 's'} {'has' if lacking == 1 else 'have'}"
        raise FuseboardError(
            f"{of} no answers on validation, because they were measured before those were kept; search again in a "
            "fresh store"
        )
    place = {tuple(subset): row for row, subset in enumerate(val["subset"].to_list())}
    candidates = _by_tie_break(rows)
    right = np.stack([val["right"][place[subset]].to_numpy() for subset in candidates]).astype(np.float32)
    return win(candidates, mean(right, _labels(right, val)), right.shape[1], resamples, seed)


def _by_tie_break(rows: pl.DataFrame) -> tuple[tuple[str, ...], ...]:
    """Returns all subsets in the order in which a protocol prefers them among equals: what ties if all score alike."""
    measured = rows.filter(pl.col("acc").is_not_null())
    return choose(measured.with_columns(pl.lit(0.5).alias("acc"))).ties


def _labels(right: NDArray[np.float32], val: pl.DataFrame) -> int:
    """Answers per image, L for L labels: what makes right answers the accuracies that were measured."""
    share = val["acc"].to_numpy().sum()
    return round(float(right.sum() / right.shape[1] / share)) if share else 1
