"""Download tables are ranking tables and contributions as rows for programs, at full precision."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from fuseboard.leaderboard.rankings.contributions import ContributionTable
from fuseboard.leaderboard.rankings.table import RankingTable, Score
from fuseboard.store.statistics.estimates import Difference

Kind = pl.DataType | type[pl.DataType]
NUMBER, TEXT, WHOLE = pl.Float64, pl.String, pl.Int64
_SCORES: dict[str, Kind] = {
    **dict.fromkeys(("protocol", "row", "dataset", "modality"), TEXT),
    "counted": pl.Boolean,
    "not_counted_because": TEXT,
    **dict.fromkeys(("rank", "rank_low", "rank_high", "tier"), WHOLE),
    **dict.fromkeys(("auc", "auc_low", "auc_high", "acc", "acc_low", "acc_high"), NUMBER),
    **dict.fromkeys(("auc_minus_chosen", "auc_minus_chosen_low", "auc_minus_chosen_high", "p"), NUMBER),
    "subset": pl.List(pl.String),
    **dict.fromkeys(("setting", "reason", "no_interval", "key"), TEXT),
}
_RANKING: dict[str, Kind] = {
    **dict.fromkeys(("protocol", "row"), TEXT),
    **dict.fromkeys(("rank", "rank_low", "rank_high", "tier"), WHOLE),
    **dict.fromkeys(("mean_auc", "mean_auc_low", "mean_auc_high", "mean_acc", "mean_acc_low", "mean_acc_high"), NUMBER),
    "reference": TEXT,
    "over": pl.List(pl.String),
    **dict.fromkeys(("auc_minus_reference", "auc_minus_reference_low", "auc_minus_reference_high", "p"), NUMBER),
    **dict.fromkeys(("mean_rank", "borda"), NUMBER),
    **dict.fromkeys(("reason", "no_interval"), TEXT),
}
_CONTRIBUTIONS: dict[str, Kind] = {
    **dict.fromkeys(("protocol", "backbone", "dataset"), TEXT),
    "counted": pl.Boolean,
    **dict.fromkeys(("auc", "acc"), NUMBER),
    "other": TEXT,
    "interaction_auc": NUMBER,
}


def scores(ranking_table: RankingTable) -> pl.DataFrame:
    """Return one row per row of the table and dataset."""
    return pl.DataFrame(list(_scores(ranking_table)), schema=_SCORES)


def ranking(ranking_table: RankingTable) -> pl.DataFrame:
    """Return one row per row of the table, with what is said of it over all counted datasets."""
    rows = [
        {
            "protocol": ranking_table.protocol,
            "row": row.name,
            "rank": row.rank,
            **_span("rank", row.rank_interval),
            "tier": row.tier,
            "mean_auc": row.mean_auc,
            **_span("mean_auc", row.mean_interval),
            "mean_acc": row.mean_acc,
            **_span("mean_acc", row.mean_acc_interval),
            "reference": ranking_table.reference,
            "over": list(row.over),
            **_difference(row.mean_difference, "reference"),
            "mean_rank": row.mean_rank,
            "borda": row.borda,
            "reason": row.reason,
            "no_interval": row.no_interval,
        }
        for row in ranking_table.rows
    ]
    return pl.DataFrame(rows, schema=_RANKING)


def contributions(contribution_table: ContributionTable) -> pl.DataFrame:
    """Return one row per backbone, dataset and other backbone, in fractions; the value of the first stands in each."""
    rows = [
        {
            "protocol": contribution_table.protocol,
            "backbone": contribution.backbone,
            "dataset": dataset,
            "counted": dataset in contribution_table.counted,
            "auc": contribution.own[dataset].auc,
            "acc": contribution.own[dataset].acc,
            "other": pair.other if pair else None,
            "interaction_auc": pair.auc if pair else None,
        }
        for contribution in contribution_table.rows
        for dataset in contribution_table.datasets
        if dataset in contribution.own
        for pair in contribution.own[dataset].pairs or (None,)
    ]
    return pl.DataFrame(rows, schema=_CONTRIBUTIONS)


def _scores(ranking_table: RankingTable) -> Iterator[dict[str, Any]]:
    for row in ranking_table.rows:
        for dataset in ranking_table.datasets:
            place = ranking_table.on[dataset].places.get(row.name)
            yield {
                "protocol": ranking_table.protocol,
                "row": row.name,
                "dataset": dataset,
                "modality": ranking_table.modalities[dataset],
                "counted": dataset in ranking_table.counted,
                "not_counted_because": ranking_table.why_not.get(dataset),
                "rank": place.rank if place else None,
                **_span("rank", place.rank_interval if place else None),
                "tier": place.tier if place else None,
                **_score(row.scores[dataset]),
            }


def _score(score: Score) -> dict[str, Any]:
    return {
        "auc": score.auc,
        **_span("auc", score.interval),
        "acc": score.acc,
        **_span("acc", score.acc_interval),
        **_difference(score.difference, "chosen"),
        "subset": list(score.subset),
        "setting": score.setting,
        "reason": score.reason,
        "no_interval": score.no_interval,
        "key": score.key,
    }


def _span(name: str, interval: tuple[float | None, float | None] | None) -> dict[str, float | None]:
    low, high = interval or (None, None)
    return {f"{name}_low": low, f"{name}_high": high}


def _difference(difference: Difference | None, held_against: str) -> dict[str, float | None]:
    name = f"auc_minus_{held_against}"
    if difference is None:
        return dict.fromkeys((name, f"{name}_low", f"{name}_high", "p"))
    return {name: difference.value, **_span(name, (difference.low, difference.high)), "p": difference.p}
