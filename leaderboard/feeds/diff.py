"""The diff of two builds says which rows are new, gone, superseded or scored otherwise."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from fuseboard.leaderboard.feeds.entry import MAX_LINES, ChangeLine, ScoreChange
from fuseboard.leaderboard.regression.reference import IDENTITY
from fuseboard.leaderboard.rows.changed_inputs import Vectors, changed_inputs, row_inputs

AGREE = 1e-9
"""Two floating-point sums of the same numbers may differ by this much."""
LEARNING = ("train", "val", "cv")
"""Splits that nothing is reported on."""
SAME = "no input changed that rows keep: look at what was changed in the code"
BETWEEN = "\x1f"
"""Stands between the names of a subset, and in none."""


def named(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the row of each identity that is current, else the newest; the subset as one text."""
    flat = rows.sort(pl.col("superseded").is_null(), "created", "key").with_columns(
        pl.col("subset").list.join(BETWEEN).alias("names")
    )
    return flat.unique(_identity(), keep="last").sort(_identity())


def came_and_went(before: pl.DataFrame, now: pl.DataFrame) -> Iterator[ChangeLine]:
    """Count the rows that are new and gone, per dataset; arguments are as `named` gives them."""
    for left, right, words in ((now, before, ("new row", "new rows")), (before, now, ("row is gone", "rows are gone"))):
        rest = left.join(right, on=_identity(), how="anti")
        counted = rest.group_by("dataset", "evaluation").len().sort("dataset", "evaluation")
        for (dataset,), group in counted.group_by("dataset", maintain_order=True):
            total = group["len"].sum()
            parts = ", ".join(f"{name} {count:,}" for _, name, count in group.iter_rows())
            yield ChangeLine(text=f"{dataset}: {total:,} {words[total != 1]} ({parts})", dataset=str(dataset))


def set_aside(before: pl.DataFrame, now: pl.DataFrame) -> Iterator[ChangeLine]:
    """Yield rows that stood on a board and are superseded now, per dataset and reason."""
    both = now.join(before.select(*_identity(), pl.col("superseded").alias("was")), on=_identity())
    lost = both.filter(pl.col("was").is_null(), pl.col("superseded").is_not_null())
    counted = lost.group_by("dataset", "superseded").len().sort("dataset", "superseded")
    for dataset, reason, count in counted.iter_rows():
        yield ChangeLine(
            text=f"{dataset}: {count:,} row{'s'[: count - 1]} superseded, being of {reason}", dataset=dataset
        )


def score_changes(
    before: pl.DataFrame, now: pl.DataFrame, shards_before: Vectors, shards_now: Vectors
) -> tuple[tuple[ScoreChange, ...], int]:
    """Return the largest changes of test metrics with what explains them, and how many rows changed.

    Args:
        before: as `named` gives them.
        now: the same.
        shards_before: hashes of embeddings then.
        shards_now: the same now.
    """
    reported = ~pl.col("split").is_in(LEARNING) & ~pl.col("split").str.starts_with("fold")
    both = now.filter(reported).join(before, on=_identity(), suffix="_before")
    jumps = [
        pl.when(pl.col(name).is_null() != pl.col(f"{name}_before").is_null())
        .then(pl.lit(1.0))
        .otherwise((pl.col(name) - pl.col(f"{name}_before")).abs())
        .fill_null(0.0)
        for name in ("auc", "acc")
    ]
    changed = both.with_columns(jump=pl.max_horizontal(jumps)).filter(pl.col("jump") > AGREE)
    largest = changed.sort(pl.col("jump"), *_identity(), descending=[True, *[False] * len(_identity())]).head(MAX_LINES)
    found = [move for row in largest.iter_rows(named=True) for move in _of_row(row, shards_before, shards_now)]
    return tuple(found[:MAX_LINES]), len(changed)


def _of_row(row: Mapping[str, Any], shards_before: Vectors, shards_now: Vectors) -> Iterator[ScoreChange]:
    then = {name: row.get(f"{name}_before", row[name]) for name in row}
    explained, unexplained = changed_inputs(row_inputs(then, shards_before), row_inputs(row, shards_now))
    why = "; ".join([*explained, *unexplained]) or SAME
    for metric in ("auc", "acc"):
        before, now = then[metric], row[metric]
        if (before is None) != (now is None) or (before is not None and abs(now - before) > AGREE):
            yield ScoreChange(
                **{name: row[name] for name in ("dataset", "evaluation", "protocol", "split", "key")},
                subset=tuple(row["subset"]),
                metric=metric,
                before=before,
                now=now,
                why=why[:4_000],
            )


def _identity() -> list[str]:
    return ["names" if name == "subset" else name for name in IDENTITY]
