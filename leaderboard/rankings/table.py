"""A ranking table holds rows over several datasets under one protocol, ranked where they can be."""

from collections.abc import Mapping
from dataclasses import dataclass

from fuseboard.leaderboard.boards.board import Subset
from fuseboard.leaderboard.rows.modality import groups
from fuseboard.store.statistics.estimates import Difference
from fuseboard.store.statistics.ties import level

Span = tuple[float, float]
"""An interval, low and high."""


@dataclass(frozen=True)
class Score:
    """It is one row on the test images of one dataset."""

    dataset: str
    auc: float | None
    acc: float | None
    reason: str | None
    """Why a metric is missing; None when none is."""
    interval: Span | None
    """This is the 95 % bootstrap interval of the AUC."""
    acc_interval: Span | None
    no_interval: str | None
    """Why the AUC has no interval; None where it has one or there is no AUC."""
    key: str | None
    """It names the result row; the first one where the score is a mean over seeds."""
    subset: Subset
    setting: str | None = None
    """What else was chosen here; None where nothing was."""
    difference: Difference | None = None
    """AUC less that of the chosen subset; None where nothing is held against it."""


@dataclass(frozen=True)
class RankedRow:
    """It is one row of a table, with its rank among the others. Means are over the counted datasets."""

    name: str
    scores: Mapping[str, Score]
    """They are given by dataset; every column of the table has one."""
    mean_auc: float | None
    mean_acc: float | None
    mean_interval: Span | None
    """This is the interval of the mean AUC."""
    mean_acc_interval: Span | None
    no_interval: str | None
    """Why the mean AUC has no interval; None where it has one or there is no mean."""
    mean_rank: float | None
    """Mean of the ranks by AUC on each dataset, equals with the mean of theirs."""
    borda: float | None
    """How many rows it beats, summed over the datasets; a tie is half of one."""
    rank: int | None
    """Rows are ranked by mean AUC; equals share a rank and the next is skipped."""
    rank_interval: tuple[int, int] | None
    """Where 95 % of the resamples rank it."""
    tier: int | None
    """1 for the rows that cannot be told from the best, and so on."""
    reason: str | None
    """Why it is not ranked; None when it is."""
    mean_difference: Difference | None = None
    """Mean AUC less that of the chosen subset."""


@dataclass(frozen=True)
class RankingTable:
    """It is one table under one protocol."""

    protocol: str
    datasets: tuple[str, ...]
    """Columns, in order of modality."""
    counted: tuple[str, ...]
    """Those in the aggregates."""
    rows: tuple[RankedRow, ...]
    """They are sorted by rank and name; those without a rank come last."""
    no_intervals: str | None
    """Why there are no rank intervals and tiers; None when there are."""

    @property
    def groups(self) -> list[tuple[str, tuple[str, ...]]]:
        """Return the columns by modality."""
        return groups(self.datasets)

    @property
    def by_accuracy(self) -> list[RankedRow]:
        """Return the rows by mean accuracy, those without one last."""
        levelled = zip(level([row.mean_acc for row in self.rows]), self.rows, strict=True)
        return [row for _, row in sorted(levelled, key=lambda pair: (pair[0] is None, -(pair[0] or 0)))]

    @property
    def without_interval(self) -> list[str]:
        """Return why scores have no interval, each reason once."""
        return sorted({score.no_interval for row in self.rows for score in row.scores.values() if score.no_interval})

    @property
    def left_out(self) -> tuple[str, ...]:
        """Return the columns that are not in the aggregates."""
        return tuple(dataset for dataset in self.datasets if dataset not in self.counted)
