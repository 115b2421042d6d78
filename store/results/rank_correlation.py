"""Rank correlation: whether validation says anything about test, over the subsets of a search."""

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
    both = both.with_columns(pl.Series(split, level(both[split].to_list()), pl.Float64) for split in ("val", "test"))
    if len(both) < 3 or both["val"].n_unique() == 1 or both["test"].n_unique() == 1:
        return None
    return float(both.select(pl.corr("val", "test", method="spearman")).item())
