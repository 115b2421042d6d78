"""Ranking orders rows by their scores, with intervals of the ranks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fuseboard.leaderboard.boards.build import competition_ranks
from fuseboard.leaderboard.rankings.aggregate import Row, difference, mean, reason_without_mean
from fuseboard.leaderboard.rankings.table import RankedRow, RankingTable, Span
from fuseboard.leaderboard.statistics.ranks import average_ranks, borda, rank_intervals, resampled_ranks
from fuseboard.leaderboard.statistics.tiers import tiers
from fuseboard.store.statistics.estimates import Interval, Replicates


@dataclass(frozen=True)
class _Rank:
    """It is what ranking adds to a row."""

    mean_rank: float
    borda: float
    rank: int
    rank_interval: tuple[int, int] | None = None
    tier: int | None = None


def ranking_table(
    protocol: str,
    columns: Sequence[str],
    counted: Sequence[str],
    rows: Mapping[str, Row],
    unranked: Mapping[str, str] | None = None,
    reference: str | None = None,
) -> RankingTable:
    """Rank rows by the mean of their AUC over datasets.

    A row without an AUC on a counted dataset is not ranked: the mean over the others would be of other images.

    Args:
        protocol: of all rows.
        columns: datasets, in order.
        counted: those of them in the aggregates.
        rows: name -> row, equals in the order in which they are to stand.
        unranked: names that must not be ranked -> why.
        reference: the row that the others are held against.
    """
    out = dict(unranked or {})
    reasons = {name: out.get(name) or reason_without_mean(row, counted, "auc") for name, row in rows.items()}
    aucs, accs = ({name: mean(row, counted, metric) for name, row in rows.items()} for metric in ("auc", "acc"))
    ranks_of, no_intervals = _ranks({name: aucs[name] for name in rows if not reasons[name]}, rows, counted)
    made = []
    for name, row in rows.items():
        auc, acc, place = aucs[name].interval(), accs[name].interval(), ranks_of.get(name)
        held = reference is not None and reference in rows and name != reference
        made.append(
            RankedRow(
                name=name,
                scores={dataset: row[dataset].score for dataset in columns},
                mean_auc=auc.value,
                mean_acc=acc.value,
                mean_interval=_span(auc),
                mean_acc_interval=_span(acc),
                no_interval=auc.reason if auc.value is not None else None,
                mean_rank=place.mean_rank if place else None,
                borda=place.borda if place else None,
                rank=place.rank if place else None,
                rank_interval=place.rank_interval if place else None,
                tier=place.tier if place else None,
                reason=reasons[name],
                mean_difference=difference(aucs[name], aucs[str(reference)]) if held else None,
            )
        )
    ordered = sorted(made, key=lambda row: (row.rank is None, row.rank or 0))
    return RankingTable(protocol, tuple(columns), tuple(counted), tuple(ordered), no_intervals)


def _ranks(
    means: Mapping[str, Replicates], rows: Mapping[str, Row], counted: Sequence[str]
) -> tuple[dict[str, _Rank], str | None]:
    """Return the ranks of the rows that can be ranked, and why they have no intervals."""
    if not means:
        return {}, "no row is ranked"
    names = list(means)
    scores = np.array([[rows[name][dataset].score.auc for dataset in counted] for name in names], np.float64)
    each = average_ranks(scores)
    ranks = competition_ranks([means[name].value for name in names])
    columns = zip(names, each.mean(axis=1).tolist(), borda(each).tolist(), ranks, strict=True)
    ranks_of = {name: _Rank(mean_rank, points, rank) for name, mean_rank, points, rank in columns if rank is not None}
    if reason := _unsure(means):
        return ranks_of, reason
    order = sorted(names, key=lambda name: ranks_of[name].rank)
    resampled = np.stack([means[name].resampled for name in order])
    intervals = rank_intervals(resampled_ranks(resampled))
    own = tiers([float(means[name].value or 0) for name in order], resampled)
    return {
        name: _Rank(ranks_of[name].mean_rank, ranks_of[name].borda, ranks_of[name].rank, interval, tier)
        for name, interval, tier in zip(order, intervals, own, strict=True)
    }, None


def _span(interval: Interval) -> Span | None:
    return None if interval.low is None or interval.high is None else (interval.low, interval.high)


def _unsure(means: Mapping[str, Replicates]) -> str | None:
    """Say why the ranking cannot be made again on resamples: it would be another one without some of its rows."""
    reason_without_mean = [name for name, one in means.items() if one.reason]
    if reason_without_mean:
        of = f"{len(reason_without_mean)} of {len(means)} ranked rows"
        return f"{of} cannot be resampled, such as {reason_without_mean[0]}: {means[reason_without_mean[0]].reason}"
    if len({one.digest for one in means.values()}) > 1:
        return "the rows were measured on different draws of the test images"
    return None
