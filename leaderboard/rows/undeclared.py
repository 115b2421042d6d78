"""Undeclared evaluations are those of rows that a newer version or a stranger wrote; nobody ranks them."""

from dataclasses import dataclass

import polars as pl

from fuseboard.store.results.evaluations import EVALUATIONS


@dataclass(frozen=True)
class Undeclared:
    """They are the rows of one evaluation that this version does not know."""

    evaluation: str
    rows: int
    datasets: tuple[str, ...]


def undeclared(rows: pl.DataFrame) -> tuple[Undeclared, ...]:
    """Return one per undeclared evaluation, by name.

    Args:
        rows: of the store, of any evaluation.
    """
    strange = rows.filter(~pl.col("evaluation").is_in(list(EVALUATIONS)))
    counted = strange.group_by("evaluation").agg(pl.len(), pl.col("dataset").unique().sort()).sort("evaluation")
    return tuple(Undeclared(name, count, tuple(datasets)) for name, count, datasets in counted.iter_rows())
