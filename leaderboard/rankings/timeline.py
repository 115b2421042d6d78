"""A timeline orders the single backbones of a dataset by the month in which they were first public."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fuseboard.leaderboard.rankings.table import RankedRow, RankingTable, Score
from fuseboard.store.embeddings import random_weights
from fuseboard.store.statistics.ties import TOLERANCE


@dataclass(frozen=True)
class Point:
    """A point is one backbone on one dataset."""

    backbone: str
    month: str
    """In which it was first public, as YYYY-MM."""
    score: Score
    best: float
    """The highest test AUC of all that were public by then, this one among them."""
    gain: float | None
    """How much it raised that, above 0; None where it did not, or where none was before it."""

    is_first: bool
    """Whether none was public before it."""

    @property
    def is_step(self) -> bool:
        """Return whether it scored more than all that were public before it."""
        return self.is_first or self.gain is not None


@dataclass(frozen=True)
class Timeline:
    """It is the timeline of one dataset under one protocol."""

    dataset: str
    protocol: str
    points: tuple[Point, ...]
    """By month; within one by AUC, highest first."""

    @property
    def leader(self) -> Point:
        """Return the one that scores highest; of several the first."""
        return [point for point in self.points if point.is_step][-1]


def timelines(ranking_table: RankingTable, months: Mapping[str, str]) -> Iterator[Timeline]:
    """Yield a timeline per dataset on which a backbone with a month has an AUC, in the order of the columns.

    Args:
        ranking_table: of backbones alone.
        months: backbone -> the month in which it was first public.
    """
    for dataset in ranking_table.datasets:
        dated = [
            (months[row.name], row.scores[dataset])
            for row in ranking_table.rows
            if row.name in months and row.scores[dataset].auc is not None
        ]
        if dated:
            yield Timeline(dataset, ranking_table.protocol, tuple(_points(dated)))


def undated(ranking_table: RankingTable, months: Mapping[str, str]) -> tuple[str, ...]:
    """Return the measured backbones of which no month is known, by name; an untrained network's is no gap."""
    return tuple(sorted(row.name for row in ranking_table.rows if _is_measured(row) and row.name not in months))


def _is_measured(row: RankedRow) -> bool:
    has_auc = any(score.auc is not None for score in row.scores.values())
    return has_auc and random_weights.trained(row.name) is None


def _points(dated: list[tuple[str, Score]]) -> Iterator[Point]:
    best: float | None = None
    for month, score in sorted(dated, key=lambda one: (one[0], -(one[1].auc or 0.0), one[1].subset)):
        assert score.auc is not None
        is_first = best is None
        gain = score.auc - best if best is not None and score.auc - best > TOLERANCE else None
        best = score.auc if best is None else max(best, score.auc)
        yield Point(score.subset[0], month, score, best, gain, is_first)
