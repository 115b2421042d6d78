"""What each block brings: exact Shapley values of a search that measured every subset."""

import polars as pl

from fuseboard.store.errors import FuseboardError
from fuseboard.store.statistics.shapley import shapley

GUESS = 0.5
"""The AUC of knowing nothing."""


def note(rows: pl.DataFrame) -> str | None:
    """Returns a line with the Shapley value of each backbone on test; None where not every subset has an AUC there.

    Args:
        rows: of a search.
    """
    test = rows.filter(pl.col("split") == "test", pl.col("auc").is_not_null())
    table = {tuple(subset): float(auc) for subset, auc in test.select("subset", "auc").iter_rows()}
    names = {name for subset in table for name in subset}
    if len(names) < 2:
        return None
    try:
        values = shapley(table, GUESS).values
    except FuseboardError:
        return None
    told = ", ".join(f"{name} {value:+.4f}" for name, value in sorted(values.items(), key=lambda one: -one[1]))
    return f"Shapley values, which share out the test AUC above {GUESS}: {told}"
