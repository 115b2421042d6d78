"""The choice: which subset a protocol picks from its rows, and what the pick hides."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from fuseboard.store.errors import FuseboardError
from fuseboard.store.statistics.ties import level, tied_for_best

TIE_BREAKS: Mapping[str, pl.Expr] = {
    "backbones": pl.col("subset").list.len(),
    "features": pl.col("features"),
    "name": pl.col("subset").list.join("+"),
}
"""What decides among equals; lower wins."""
SCORE = "score"
"""Column of what subsets are ordered by: higher is better, and scores that tie are the same number."""


@dataclass(frozen=True)
class Criterion:
    """What a protocol chooses by, read from the first item of its rows' `selection`: `auc`, or `cv-auc`."""

    name: str

    @property
    def split(self) -> str:
        """Where it is measured: on validation, or by cross-validation over training and validation."""
        return "cv" if self.name.startswith("cv-") else "val"

    @property
    def column(self) -> str:
        """The column of the result rows that holds the metric."""
        return self.name.removeprefix("cv-").replace("-", "_")

    @property
    def sign(self) -> int:
        """What the metric is multiplied by to be better when it is higher: -1 for a loss."""
        return -1 if self.column == "log_loss" else 1

    @property
    def score(self) -> pl.Expr:
        """Returns the score of a row; higher is better."""
        return self.sign * pl.col(self.column)


@dataclass(frozen=True)
class Choice:
    """What an exhaustive search says, from the rows of one protocol, dataset and pool of versions."""

    chosen: tuple[str, ...]
    """Best on validation, after the declared tie-break."""
    ties: tuple[tuple[str, ...], ...]
    """Every subset with the best validation score, the chosen one first."""
    oracle: tuple[str, ...]
    """Best on test by the same metric: nobody can choose it, it shows what the choice missed. An empty tuple where no
    subset has the metric on test."""
    all_backbones: tuple[str, ...]
    """All backbones of the pool, or an empty tuple where that subset was not measured."""
    singles: tuple[tuple[str, ...], ...]
    """Subsets of one backbone, by name."""
    measured: int
    possible: int
    """Subsets measured, and 2^K - 1."""
    no_oracle: str | None = None
    """Why no subset has the metric on test; None where one has."""
    best_on_test: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """`auc` and `acc` -> the subset that is best in it on test, as `best_on_test` finds it."""

    @property
    def finalists(self) -> set[tuple[str, ...]]:
        """Subsets whose predictions are worth keeping."""
        best = {self.oracle, *self.best_on_test.values()}
        return {self.chosen, *best, self.all_backbones, *self.singles, *self.ties} - {()}


def choose(rows: pl.DataFrame) -> Choice:
    """Applies a protocol's own selection to its rows: nothing but the split that it chooses on decides.

    Args:
        rows: results of one evaluation, protocol, dataset and seed, with one version per backbone; both splits.

    Raises:
        FuseboardError: no row of the split that the protocol chooses on has the metric, so nothing can be chosen.
    """
    metric, *tie_break = rows["selection"][0].to_list() if len(rows) else ["acc"]
    criterion = Criterion(metric)
    val = _best(rows, criterion.split, criterion, tie_break)
    if not val:
        where = f"{rows['dataset'][0]} under {rows['protocol'][0]}" if len(rows) else "no rows"
        raise FuseboardError(f"{where}: {_why_none(rows, criterion.split, criterion)}, so none can be chosen")
    on_test = {shown: best_on_test(rows, shown)[0] for shown in SHOWN}
    oracle = on_test.get(criterion.column)
    if oracle is None:
        oracle = next(iter(_best(rows, "test", criterion, tie_break)), ())
    measured = {tuple(s) for s in rows["subset"].to_list()}
    pool = tuple(sorted({name for subset in measured for name in subset}))
    return Choice(
        chosen=val[0],
        ties=tuple(val),
        oracle=oracle,
        all_backbones=pool if pool in measured else (),
        singles=tuple(sorted(s for s in measured if len(s) == 1)),
        measured=len(measured),
        possible=2 ** len(pool) - 1,
        no_oracle=None if oracle else _why_none(rows, "test", criterion),
        best_on_test=on_test,
    )


SHOWN = ("auc", "acc")
"""Metrics that boards and reports show."""


def best_on_test(rows: pl.DataFrame, metric: str) -> tuple[tuple[str, ...], str | None]:
    """Returns the subset with the best value of a metric on test, or an empty tuple and why there is none.

    Nobody can choose it. It is found by the metric that it is shown for: the subset with the best accuracy need not
    have the best AUC.

    Args:
        rows: as `choose` takes them.
        metric: `auc` or `acc`.
    """
    criterion = Criterion(metric)
    found = _best(rows, "test", criterion, rows["selection"][0].to_list()[1:])
    return (found[0], None) if found else ((), _why_none(rows, "test", criterion))


def ranked(
    scores: Mapping[tuple[str, ...], float | None],
    features: Callable[[tuple[str, ...]], int],
    tie_break: Sequence[str],
) -> list[tuple[str, ...]]:
    """Orders subsets as a protocol prefers them, from scores that are no rows yet.

    Args:
        scores: subset -> what the protocol chooses by, higher is better. Those without a score come last.
        features: embedding dimension of a subset.
        tie_break: decides among equals, as the protocol's rows name it.

    Raises:
        FuseboardError: a tie-break is not known.
    """
    rows = [(list(subset), features(subset), score) for subset, score in scores.items()]
    table = pl.DataFrame(rows, {"subset": pl.List(pl.String), "features": pl.Int64, SCORE: pl.Float64}, orient="row")
    return [_subset(row) for row in _sorted(table, pl.col(SCORE), tie_break).to_dicts()]


def by_validation(rows: pl.DataFrame) -> list[tuple[str, ...]]:
    """Subsets in the order in which their protocol prefers them; those without the metric come last, by name.

    Args:
        rows: as `choose` takes them.
    """
    metric, *tie_break = rows["selection"][0].to_list()
    criterion = Criterion(metric)
    ranked = [_subset(row) for row in _ranked(rows, criterion.split, criterion, tie_break)]
    return ranked + sorted({tuple(subset) for subset in rows["subset"].to_list()} - set(ranked))


def _best(rows: pl.DataFrame, split: str, criterion: Criterion, tie_break: list[str]) -> list[tuple[str, ...]]:
    """Returns the subsets that tie for the best score of a split, the preferred one first; an empty list where no row
    has the metric. A site asks hundreds of times, so the others are not sorted."""
    measured = rows.filter(pl.col("split") == split, criterion.score.fill_nan(None).is_not_null())
    if measured.is_empty():
        return []
    tied = tied_for_best(measured.select(criterion.score).to_series().to_numpy())
    return [tuple(names) for names in _sorted(measured.filter(tied), criterion.score, tie_break)["subset"].to_list()]


def _ranked(rows: pl.DataFrame, split: str, criterion: Criterion, tie_break: list[str]) -> list[dict[str, Any]]:
    """Returns subset and score of a split's rows, best first; rows without the metric are not ranked."""
    measured = rows.filter(pl.col("split") == split, criterion.score.is_not_null())
    return _sorted(measured, criterion.score, tie_break).select("subset", SCORE).to_dicts()


def _why_none(rows: pl.DataFrame, split: str, criterion: Criterion) -> str:
    """Says that no subset has the metric on a split, and the reason of the rows where they have one."""
    where = {"val": "on validation", "cv": "in cross-validation"}.get(split, f"on {split}")
    reasons = rows.filter(pl.col("split") == split)["reason"].drop_nulls().to_list() if len(rows) else []
    return f"no subset has a {criterion.name} {where}" + (f" ({reasons[0]})" if reasons else "")


def _sorted(subsets: pl.DataFrame, score: pl.Expr, tie_break: Sequence[str]) -> pl.DataFrame:
    """Sorts by the levelled score, then by each tie-break, and at last by name, so that no order is left to chance."""
    unknown = [name for name in tie_break if name not in TIE_BREAKS]
    if unknown:
        raise FuseboardError(f"tie-break {unknown[0]!r} is not known; known: {', '.join(TIE_BREAKS)}")
    lower = [TIE_BREAKS[name] for name in dict.fromkeys([*tie_break, "name"])]
    scores = level(subsets.select(score).to_series().to_list())
    levelled = subsets.with_columns(pl.Series(SCORE, scores, pl.Float64))
    return levelled.sort([SCORE, *lower], descending=[True, *[False] * len(lower)], nulls_last=True)


def _subset(row: dict[str, Any]) -> tuple[str, ...]:
    return tuple(row["subset"])
