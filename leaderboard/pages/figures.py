"""Figures that several pages show: the first rows of a ranking, and AUC against what backbones cost."""

from collections.abc import Iterator, Sequence

import polars as pl

from fuseboard.leaderboard.pages import address
from fuseboard.leaderboard.plots.figure import Figure
from fuseboard.leaderboard.plots.intervals import Estimate, intervals
from fuseboard.leaderboard.plots.pareto import Dot, pareto
from fuseboard.leaderboard.rankings.efficiency import Efficiency, Row
from fuseboard.leaderboard.rankings.table import RankingTable
from fuseboard.leaderboard.statistics.cost_measures import COSTS, OWN

TOP = 15
"""Rows of a ranking that are drawn where a page has room for the first ones only."""
MEMORY = ("peak_vram_mb", "peak_rss_mb")
"""Costs that say how much memory a backbone takes, the better known one first."""


def standings(ranking_table: RankingTable, name: str, root: str, most: int = TOP) -> Figure | None:
    """Draw the mean AUC of the first backbones of a ranking with their intervals, the ties with the best shaded.

    Args:
        ranking_table: of backbones alone.
        name: of the figure.
        root: the path from the page to the site's root.
        most: rows that are drawn.

    Returns:
        None where nothing is ranked.
    """
    ranked = [(row, row.mean_auc) for row in ranking_table.rows if row.rank and row.mean_auc is not None][:most]
    rows = [
        Estimate(
            label=row.name,
            value=value,
            low=row.mean_interval[0] if row.mean_interval else None,
            high=row.mean_interval[1] if row.mean_interval else None,
            href=root + address.backbone(row.name),
            tied=row.tier == 1,
        )
        for row, value in ranked
    ]
    over = f"{len(ranking_table.counted)} dataset{'s'[: len(ranking_table.counted) - 1]}"
    title = f"Mean test AUC of the first {len(rows)} backbones over {over} under {ranking_table.protocol}"
    drawing = intervals(rows, f"{title}, with 95 % intervals", "mean test AUC")
    return Figure(name, drawing, estimates(rows)) if drawing else None


def estimates(rows: Sequence[Estimate]) -> pl.DataFrame:
    """Return what a plot of intervals shows, as rows for programs."""
    return pl.DataFrame(
        [(row.label, row.value, row.low, row.high, row.tied) for row in rows],
        {
            "name": pl.String,
            **dict.fromkeys(("value", "low", "high"), pl.Float64),
            "tied_with_best": pl.Boolean,
        },
        orient="row",
    )


def fronts(found: Efficiency, place: tuple[str, str] | None, costs: Sequence[str], root: str) -> Iterator[Figure]:
    """Draw mean AUC against each of some costs, with the front named and every mark leading to its backbone.

    Args:
        found: of the backbones alone under one protocol.
        place: device and precision; None for costs that a backbone has wherever it runs.
        costs: names of `COSTS`.
        root: the path from the page to the site's root.

    Yields:
        A figure per cost that at least two backbones have.
    """
    rows = found.at(place) if place else _once(found)
    where = ", ".join(place) if place else "any device"
    for name in costs:
        assert place or name in OWN, f"{name} depends on the device"
        dots = [
            Dot(row.ranked_row.name, cost, auc, name in row.fronts, root + address.backbone(row.ranked_row.name))
            for row in rows
            if (cost := row.comparable(name)) is not None and (auc := row.ranked_row.mean_auc) is not None
        ]
        if drawing := pareto(dots, COSTS[name], where):
            told = [found.protocol, *(place or ()), name]
            yield Figure(f"front-{address.slug('-'.join(told))}", drawing, _frame(dots, name))


def memory_of(found: Efficiency, place: tuple[str, str]) -> str:
    """Return the cost that says how much memory the backbones took at a place: video memory, or on a device without
    it that of the process."""
    return next((name for name in MEMORY if any(row.costs[name] is not None for row in found.at(place))), MEMORY[-1])


def _once(found: Efficiency) -> list[Row]:
    """Return one row per backbone, wherever it ran."""
    return list({row.ranked_row.name: row for row in found.rows}.values())


def _frame(dots: Sequence[Dot], cost: str) -> pl.DataFrame:
    return pl.DataFrame(
        [(dot.name, dot.cost, dot.auc, dot.front) for dot in dots],
        {"backbone": pl.String, cost: pl.Float64, "mean_auc": pl.Float64, "on_front": pl.Boolean},
        orient="row",
    )
