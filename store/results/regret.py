"""Regret: what choosing one subset instead of another costs, and whether validation says anything about test."""

from dataclasses import dataclass

import polars as pl

from fuseboard.store.results.selection import Choice, choose


@dataclass(frozen=True)
class Gap:
    """A subset's metrics less those of another; None where one of the two lacks the metric. Fractions of 1."""

    val_acc: float | None
    val_auc: float | None
    test_acc: float | None
    test_auc: float | None


@dataclass(frozen=True)
class Regret:
    """What an exhaustive search, or any other set of rows, hides behind its choice."""

    choice: Choice
    everything: Gap | None
    """All backbones less the chosen subset; None where that subset was not measured."""
    oracle: Gap
    """The best on test less the chosen subset. Nobody could have chosen it."""
    acc_spearman: float | None
    auc_spearman: float | None
    """Rank correlation of validation and test over the subsets; None under three subsets or without spread."""


def regret(rows: pl.DataFrame) -> Regret:
    """Returns the gaps of a protocol's own choice, from the rows that `choose` takes.

    Raises:
        FuseboardError: nothing can be chosen.
    """
    choice = choose(rows)
    return Regret(
        choice=choice,
        everything=gap(rows, choice.everything, choice.chosen) if choice.everything else None,
        oracle=gap(rows, choice.oracle, choice.chosen),
        acc_spearman=spearman(rows, "acc"),
        auc_spearman=spearman(rows, "auc"),
    )


def gap(rows: pl.DataFrame, subset: tuple[str, ...], reference: tuple[str, ...]) -> Gap:
    """Returns a subset's metrics less those of a reference.

    The regret of a strategy is the gap between its choice and that of `exhaustive`, or the oracle, over the rows of the
    exhaustive search.
    """
    found = {(tuple(row["subset"]), row["split"]): row for row in rows.iter_rows(named=True)}

    def difference(split: str, metric: str) -> float | None:
        value, other = (found.get((one, split), {}).get(metric) for one in (subset, reference))
        return None if value is None or other is None else value - other

    return Gap(
        val_acc=difference("val", "acc"),
        val_auc=difference("val", "auc"),
        test_acc=difference("test", "acc"),
        test_auc=difference("test", "auc"),
    )


def spearman(rows: pl.DataFrame, metric: str) -> float | None:
    """Rank correlation of a metric on validation and test over the subsets, average ranks for ties."""
    val, test = (
        rows.filter(pl.col("split") == split).select("subset", pl.col(metric).alias(split)) for split in ("val", "test")
    )
    both = val.join(test, on="subset").drop_nulls()
    if len(both) < 3 or both["val"].n_unique() == 1 or both["test"].n_unique() == 1:
        return None
    return float(both.select(pl.corr("val", "test", method="spearman")).item())
