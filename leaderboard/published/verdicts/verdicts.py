"""Verdicts compare published figures one by one with the rows of a store; docs/reported.md says by which rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from math import isfinite
from typing import Any, Literal, get_args

import polars as pl

from fuseboard.leaderboard.published.verdicts.figures import PublishedFigure, published_figures
from fuseboard.leaderboard.rows.current import ROWS_ALONE, mark
from fuseboard.store.embeddings.current import Current
from fuseboard.store.results.evaluations import FUSION

Word = Literal["reproduced", "deviates", "not comparable", "not measured"]
WORDS: tuple[Word, ...] = get_args(Word)
"""Best first."""
HELD: tuple[Word, ...] = ("reproduced", "deviates")
"""Verdicts that have a measured figure."""

PROTOCOL, SEED = "biofuse-2026", 42
"""The protocol of the published settings, and the one seed of the released code."""
FLOOR = {"acc": Decimal("0.005"), "auc": Decimal("0.002")}
"""A difference that changes nobody's mind, as a fraction of 1: the least that is tolerated."""
MIN_IMAGES = 78
"""The smallest official split is BreastMNIST's validation. A row of fewer images gets no more tolerance for it."""
HALF_DIGIT = Decimal("0.00005")
"""Every comparable figure is printed to four decimals, so it may be this far from what was found."""


@dataclass(frozen=True)
class Verdict:
    """It is what a store says about one published figure."""

    file: str
    dataset: str
    subject: str
    metric: str
    split: str
    reported: Decimal
    measured: Decimal | None
    """All digits of the row; None unless the verdict is one of `HELD`."""
    verdict: Word
    difference: Decimal | None
    """Measured minus reported, exactly; None where nothing was measured."""
    reason: str
    """Why there is no measured figure; beside one, what a reader should know, or nothing."""
    row: str
    """Key of the row that was looked at; empty where there is none."""
    tolerance: Decimal | None = None
    """It is the tolerance of the difference; None where there is none, and in what is read from a file."""
    command: str = ""
    """What would measure it; empty unless that helps."""

    @property
    def cell(self) -> tuple[str, str, str, str, str]:
        """Return which figure it is about: file, dataset, subject, metric, split."""
        return self.file, self.dataset, self.subject, self.metric, self.split


def judge(rows: pl.DataFrame, current: Current = ROWS_ALONE) -> tuple[Verdict, ...]:
    """Return one verdict per published figure, in the order of the files.

    Only current rows of the evaluation `fusion` under `PROTOCOL` with `SEED` are looked at: a row of another protocol,
    of another image size (which is another dataset here) or of a superseded version was not measured alike.

    Args:
        rows: of a store, of any evaluation and protocol.
        current: of the store.
    """
    found = _rows(rows, current)
    rows_of = ((cell, found.get((cell.dataset, cell.subset, cell.split))) for cell in published_figures())
    return tuple(
        without if row is None else _verdict(cell, row)
        for (cell, row), without in zip(rows_of, _unmeasured(), strict=True)
    )


def tolerance(metric: str, reported: Decimal, images: int) -> Decimal:
    """Return by how much a measured figure may differ from the printed one and still reproduce it.

    One binomial standard error, which was 1.5 to 3.5 times what unnoticeable changes of the features did to ACCs in the
    trial of docs/reported.md. It is meant for shares of images; that it is taken for AUCs too is a convention.

    Args:
        metric: `acc` or `auc`.
        reported: the printed figure.
        images: of the split.
    """
    error = (reported * (1 - reported) / max(images, MIN_IMAGES)).sqrt()
    return max(FLOOR[metric], error) + HALF_DIGIT


def _rows(rows: pl.DataFrame, current: Current) -> dict[tuple[str, tuple[str, ...], str], Mapping[str, Any]]:
    """Map dataset, subset and split to the current row, or to a superseded one where there is no other."""
    ours = rows.filter(
        pl.col("evaluation") == FUSION.name, pl.col("fusion") == "concat", pl.col("protocol") == PROTOCOL
    ).drop("right", "scores", strict=False)
    of_seed = mark(ours, current).filter(pl.col("seed") == SEED, pl.col("classifier") == "xgboost")
    newest_current_last = of_seed.sort(pl.col("superseded").is_null(), "created", "key")
    named = newest_current_last.iter_rows(named=True)
    return {(row["dataset"], tuple(row["subset"]), row["split"]): row for row in named}


@cache
def _unmeasured() -> tuple[Verdict, ...]:
    """Return one verdict per published figure, as a store without rows has it: most of 16,000 in any store."""
    return tuple(_verdict(cell, None) for cell in published_figures())


def _verdict(cell: PublishedFigure, row: Mapping[str, Any] | None) -> Verdict:
    about = (cell.file, cell.dataset, cell.subject, cell.metric, cell.split, cell.reported)
    if not cell.subset:
        return Verdict(*about, None, "not comparable", None, cell.why, "")
    if row is None:
        return Verdict(*about, None, "not measured", None, "no such row in this store", "", command=cell.command)
    if row["superseded"] is not None:
        reason = f"only a superseded row: {row['superseded']}"
        return Verdict(*about, None, "not measured", None, reason, row["key"], command=cell.command)
    value = row[cell.metric]
    if value is None or not isfinite(value):  # a stored NaN is no figure either
        reason = f"the row has no {cell.metric.upper()}: {row['reason'] or 'no reason given'}"
        return Verdict(*about, None, "not measured", None, reason, row["key"])
    measured = Decimal(repr(value))
    difference = measured - cell.reported
    allowed = tolerance(cell.metric, cell.reported, row["rows"])
    word: Word = "reproduced" if abs(difference) <= allowed else "deviates"
    return Verdict(*about, measured, word, difference, cell.why, row["key"], allowed)
