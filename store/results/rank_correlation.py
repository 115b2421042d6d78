"""Rank correlation: whether validation says anything about test, over the subsets of a search."""

from collections.abc import Sequence

import polars as pl

from fuseboard.store.statistics.ties import level


def spearman(rows: pl.DataFrame, metric: str) -> float | None:
    """Rank correlation of a metric on validation and test over the subsets, average ranks for ties.

    None under three subsets that have both, or where one of the two has no spread.
    """
    val, test = (
        rows.filter(pl.col("split") == split).select("subset", pl.col(metric).alias(split)) for split in ("val", "test")
    )
    both = val.join(test, on="subset").drop_nulls()
    return correlation(both["val"].to_list(), both["test"].to_list())


def correlation(one: Sequence[float], other: Sequence[float]) -> float | None:
    """The same of any two lists of as many values."""
    both = pl.DataFrame({"one": level(one), "other": level(other)}, {"one": pl.Float64, "other": pl.Float64})
    if len(both) < 3 or both["one"].n_unique() == 1 or both["other"].n_unique() == 1:
        return None
    return float(both.select(pl.corr("one", "other", method="spearman")).item())
