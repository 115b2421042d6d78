"""What each block brings: exact Shapley values of a search that measured every subset, as a line for people."""

from collections.abc import Mapping

import polars as pl

from fuseboard.harness.classifiers.fusion import Subset
from fuseboard.store.errors import FuseboardError
from fuseboard.store.statistics.shapley import shapley

GUESS = 0.5
"""The AUC of knowing nothing."""


def of_rows(rows: pl.DataFrame) -> str | None:
    """Returns the line of the test AUC of a search's rows; None where not every subset has one, or there is one."""
    test = rows.filter(pl.col("split") == "test", pl.col("auc").is_not_null())
    table = {tuple(subset): float(auc) for subset, auc in test.select("subset", "auc").iter_rows()}
    return told(table, GUESS, "test AUC")


def told(table: Mapping[Subset, float], guess: float, metric: str) -> str | None:
    """Returns the line, the largest value first; None where a subset is missing, or one backbone is all there is.

    Args:
        table: subset -> its metric.
        guess: the metric of knowing nothing.
        metric: as people read it.
    """
    if len({name for subset in table for name in subset}) < 2:
        return None
    try:
        values = shapley(table, guess).values
    except FuseboardError:
        return None
    said = ", ".join(f"{name} {value:+.4f}" for name, value in sorted(values.items(), key=lambda one: -one[1]))
    return f"Shapley values, which share out the {metric} above {guess:.4g}: {said}"
