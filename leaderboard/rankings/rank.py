"""Ranking orders rows by their scores, with intervals of the ranks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from fuseboard.leaderboard.boards.build import competition_ranks
from fuseboard.leaderboard.rankings.aggregate import Row, difference, mean, reason_without_mean
from fuseboard.leaderboard.rankings.counting import Counted
from fuseboard.leaderboard.rankings.table import DatasetRanking, Place, RankedRow, RankingTable, Span
from fuseboard.leaderboard.rows.domains import Domains
from fuseboard.leaderboard.statistics.ranks import average_ranks, borda, rank_intervals, resampled_ranks
from fuseboard.leaderboard.statistics.tiers import tiers, told_from
from fuseboard.store.statistics.estimates import Difference, Interval, Replicates


@dataclass(frozen=True)
class _Rank:
    """It is what ranking adds to a row."""

    mean_rank: float
    borda: float
    rank: int
    rank_interval: tuple[int, int] | None = None
    tier: int | None = None
    told: bool | None = None
    """Whether it is worse than the first row at 5 %."""


def ranking_table(
    protocol: str,
    columns: Sequence[str],
    counted: Counted,
    rows: Mapping[str, Row],
    domains: Domains,
    unranked: Mapping[str, str] | None = None,
    reference: str | None = None,
) -> RankingTable:
    """Rank rows by the mean of their AUC over datasets, and on each dataset by their AUC there.

    A row without an AUC on a counted dataset has no place over all: the mean over the others would be of other images.
    It is held against the reference over those that it has.

    Args:
        protocol: of all rows.
        columns: datasets, in order.
        counted: those of them in the aggregates.
        rows: name -> row, equals in the order in which they are to stand.
        domains: of the store.
        unranked: names that must not be ranked -> why.
        reference: the row that the others are held against; without one it is the first in rank.
    """
    out, among = dict(unranked or {}), counted.datasets
    reasons = {name: out.get(name) or reason_without_mean(row, among, "auc") for name, row in rows.items()}
    aucs, accs = ({name: mean(row, among, metric) for name, row in rows.items()} for metric in ("auc", "acc"))
    ranks_of, no_intervals = _ranks({name: aucs[name] for name in rows if not reasons[name]}, rows, among)
    order = sorted(rows, key=lambda name: ranks_of[name].rank if name in ranks_of else len(rows) + 1)
    reference = reference or (order[0] if order and order[0] in ranks_of else None)
    made = []
    for name in order:
        row, auc, acc, place = rows[name], aucs[name].interval(), accs[name].interval(), ranks_of.get(name)
        over = tuple(dataset for dataset in among if row[dataset].score.auc is not None)
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
                over=over,
                mean_difference=_held_against(name, reference, over, rows),
            )
        )
    ranked = {name: row for name, row in rows.items() if name not in out}
    on = {dataset: _on(dataset, ranked) for dataset in columns}
    return RankingTable(
        protocol,
        tuple(columns),
        among,
        counted.why_not,
        tuple(made),
        no_intervals,
        reference=reference,
        on=on,
        modalities={dataset: domains.modality(dataset) for dataset in columns},
    )


def _held_against(name: str, reference: str | None, over: Sequence[str], rows: Mapping[str, Row]) -> Difference | None:
    """Return what the mean AUC of a row is above that of the reference, over the same datasets."""
    if reference is None or reference not in rows or name == reference:
        return None
    shared = [dataset for dataset in over if rows[reference][dataset].score.auc is not None]
    return difference(mean(rows[name], shared, "auc"), mean(rows[reference], shared, "auc")) if shared else None


def _on(dataset: str, rows: Mapping[str, Row]) -> DatasetRanking:
    """Rank the rows that were measured on one dataset."""
    there = {name: row for name, row in rows.items() if row[dataset].score.auc is not None}
    own = {name: mean(row, [dataset], "auc") for name, row in there.items()}
    ranks_of, no_tiers = _ranks(own, there, [dataset])
    order = sorted(ranks_of, key=lambda name: ranks_of[name].rank)
    places = {
        name: Place(
            rank=ranks_of[name].rank,
            rank_interval=ranks_of[name].rank_interval,
            tier=ranks_of[name].tier,
            told=ranks_of[name].told,
            minus_best=difference(own[name], own[order[0]]),
        )
        for name in order
    }
    return DatasetRanking(dataset, places, no_tiers)


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
    ranked = zip(names, each.mean(axis=1).tolist(), borda(each).tolist(), ranks, strict=True)
    ranks_of = {name: _Rank(mean_rank, points, rank) for name, mean_rank, points, rank in ranked if rank is not None}
    if reason := _unsure(means):
        return ranks_of, reason
    order = sorted(names, key=lambda name: ranks_of[name].rank)
    resampled = np.stack([means[name].resampled for name in order])
    intervals = rank_intervals(resampled_ranks(resampled))
    values = [float(means[name].value or 0) for name in order]
    columns = zip(order, intervals, tiers(values, resampled), [False, *told_from(values, resampled)], strict=True)
    return {
        name: replace(ranks_of[name], rank_interval=interval, tier=tier, told=told)
        for name, interval, tier, told in columns
    }, None


def _span(interval: Interval) -> Span | None:
    return None if interval.low is None or interval.high is None else (interval.low, interval.high)


def _unsure(means: Mapping[str, Replicates]) -> str | None:
    """Say why the ranking cannot be made again on resamples: it would be another one without some of its rows."""
    reason_without_mean = [name for name, one in means.items() if one.reason]
    if reason_without_mean:
        first, number = reason_without_mean[0], len(reason_without_mean)
        if number == len(means):
            return f"no ranked row can be resampled: {means[first].reason}"
        if number == 1:
            return f"one ranked row cannot be resampled, {first}: {means[first].reason}"
        return f"{number} of {len(means)} ranked rows cannot be resampled, such as {first}: {means[first].reason}"
    if len({one.digest for one in means.values()}) > 1:
        return "the rows were measured on different draws of the test images"
    return None
