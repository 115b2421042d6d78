"""Stored metrics are compared with metrics computed anew from the kept predictions."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from fuseboard.leaderboard.regression.finding import Finding
from fuseboard.leaderboard.regression.metrics import accuracy, auc
from fuseboard.store.arrays import Labels
from fuseboard.store.errors import FuseboardError
from fuseboard.store.store import Store

ACC_TOLERANCE = 1e-12
AUC_TOLERANCE = 1e-9

FIX = "its own predictions give another number: delete the file it is in and measure it again"


@dataclass(frozen=True)
class Recomputed:
    """It says how many rows kept predictions, and what these say otherwise."""

    rows: int
    findings: tuple[Finding, ...]


def recompute(store: Store, rows: pl.DataFrame) -> Recomputed:
    """Computes ACC and AUC of every row that kept its predictions; fits nothing and needs no scikit-learn.

    Args:
        store: which has the labels.
        rows: its results, with predictions.
    """
    kept = rows.filter(pl.col("scores").is_not_null())
    findings: list[Finding] = []
    for row in kept.iter_rows(named=True):
        try:
            task, labels = store.truth(row)
        except FuseboardError as error:
            findings.append(Finding("recomputed", about(row), "labels", None, None, f"cannot be read: {error}"))
            continue
        findings += _of_row(row, task, labels)
    return Recomputed(len(kept), tuple(findings))


def about(row: dict[str, Any]) -> str:
    """Describe a row, for a person."""
    return f"{row['dataset']} {row['split']}, {row['evaluation']} of {' + '.join(row['subset'])} ({row['protocol']})"


def _of_row(row: dict[str, Any], task: str, labels: Labels) -> list[Finding]:
    # Arg max and thresholds are taken on the stored float32 values; widening them is exact and changes no order.
    scores = np.asarray(row["scores"], dtype=np.float64)
    if scores.ndim != 2 or len(scores) != len(labels):
        counts = float(len(scores)), float(len(labels))
        return [Finding("recomputed", about(row), "number of predictions", *counts, FIX)]
    finite = bool(np.isfinite(scores).all())  # predictions that are no numbers have no metrics
    pairs = (
        ("acc", row["acc"], accuracy(task, labels, scores) if finite else None, ACC_TOLERANCE),
        ("auc", row["auc"], auc(task, labels, scores) if finite else None, AUC_TOLERANCE),
    )
    return [
        Finding("recomputed", about(row), what, before, now, FIX)
        for what, before, now, tolerance in pairs
        if not agree(before, now, tolerance)
    ]


def agree(before: float | None, now: float | None, tolerance: float) -> bool:
    """Tell whether two values of a metric are one; a missing value agrees with a missing one only."""
    if before is None or now is None:
        return before is now
    return abs(before - now) <= tolerance
