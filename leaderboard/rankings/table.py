"""A ranking table holds rows over several datasets under one protocol, ranked where they can be."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fuseboard.leaderboard.boards.board import Subset
from fuseboard.leaderboard.rankings.column_groups import ColumnGroup, column_groups
from fuseboard.leaderboard.rows.domains import by_modality
from fuseboard.store.results.roles import title
from fuseboard.store.results.selection import Criterion
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
class Place:
    """It is where a row stands among the rows of one dataset, by their test AUC there."""

    rank: int
    """Equals share a rank and the next is skipped."""
    rank_interval: tuple[int, int] | None
    """Where 95 % of the resamples rank it."""
    tier: int | None
    """1 for the rows down to the first that can be told from the best, and so on."""
    told: bool | None
    """Whether it is worse than the best at 5 %, all comparisons with the best together; None where nothing tells."""
    minus_best: Difference
    """AUC less that of the best row, paired."""


@dataclass(frozen=True)
class DatasetRanking:
    """It ranks all rows of a table that were measured on one dataset."""

    dataset: str
    places: Mapping[str, Place]
    """Row -> where it stands, the best first."""
    no_tiers: str | None
    """Why there are no tiers and no rank intervals; None when there are."""

    @property
    def best(self) -> tuple[str, ...]:
        """Return the rows with the highest AUC: several where they tie, none where no row has one."""
        return tuple(name for name, place in self.places.items() if place.rank == 1)

    @property
    def tied(self) -> tuple[str, ...]:
        """Return the rows that score less and cannot be told from the best, the better first."""
        return tuple(name for name, place in self.places.items() if place.told is False and place.rank > 1)


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
    over: tuple[str, ...] = ()
    """The counted datasets that it has, which its difference is over; all of them where it is ranked."""
    mean_difference: Difference | None = None
    """Mean AUC less that of the reference, both over `over`; None for the reference itself and where they share no
    counted dataset."""


@dataclass(frozen=True)
class RankingTable:
    """It is one table under one protocol."""

    protocol: str
    datasets: tuple[str, ...]
    """Columns, in order of modality."""
    counted: tuple[str, ...]
    """Those in the aggregates: the ones that the compared rows share."""
    why_not: Mapping[str, str]
    """Column that is not in the aggregates -> why, to follow `because`."""
    rows: tuple[RankedRow, ...]
    """They are sorted by rank and name; those without a rank come last."""
    no_intervals: str | None
    """Why there are no rank intervals and tiers; None when there are."""
    reference: str | None
    """The row that the others are held against: the chosen subset, or else the first one; None without rows."""
    on: Mapping[str, DatasetRanking]
    """Column -> all rows that were measured there, ranked by their score there alone."""
    modalities: Mapping[str, str] = field(default_factory=dict)
    """Column -> what its images are called."""
    pools: Mapping[str, Subset] = field(default_factory=dict)
    """Column -> the backbones that the rows use there; empty where a row is a backbone."""
    criterion: Criterion | None = None
    """What the protocol chooses by; None where a row is a backbone."""

    def title(self, name: str, dataset: str | None = None) -> str:
        """Return what a reader calls a row, in all columns or in one of them."""
        if self.criterion is None:
            return name
        return title(name, self.criterion, [*self.pools.values()] if dataset is None else [self.pools[dataset]])

    @property
    def groups(self) -> list[tuple[str, tuple[str, ...]]]:
        """Return the columns by modality."""
        return by_modality(self.datasets, self.modalities.__getitem__)

    @property
    def column_groups(self) -> tuple[ColumnGroup, ...]:
        """Return the columns by modality, folded where they are many."""
        return column_groups(self.groups, self.counted)

    def modality_mean(self, group: ColumnGroup, row: RankedRow, metric: str = "auc") -> float | None:
        """Return a row's mean AUC or ACC over the datasets of a modality; None where it has not all that count."""
        return group.mean({dataset: getattr(score, metric) for dataset, score in row.scores.items()})

    def modality_difference(self, group: ColumnGroup, row: RankedRow) -> float | None:
        """Return a row's mean difference to the chosen subset over the datasets of a modality, likewise."""
        return group.mean({d: score.difference.value if score.difference else None for d, score in row.scores.items()})

    @property
    def by_accuracy(self) -> list[RankedRow]:
        """Return the rows by mean accuracy, those without one last."""
        levelled = zip(level([row.mean_acc for row in self.rows]), self.rows, strict=True)
        return [row for _, row in sorted(levelled, key=lambda pair: (pair[0] is None, -(pair[0] or 0)))]

    @property
    def without_interval(self) -> list[str]:
        """Return why scores have no interval, each reason once."""
        return sorted({score.no_interval for row in self.rows for score in row.scores.values() if score.no_interval})
