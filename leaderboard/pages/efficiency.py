"""The board of efficiency compares what backbones score with what they cost."""

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import polars as pl

from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.costs import published_costs
from fuseboard.leaderboard.pages import address, figures
from fuseboard.leaderboard.pages.page import Page
from fuseboard.leaderboard.plots.figure import Figure
from fuseboard.leaderboard.rankings.efficiency import Efficiency
from fuseboard.leaderboard.statistics.cost_measures import COSTS
from fuseboard.store.results.profiles import COLUMNS, IMAGES, Profile

WEIGHTS = {"random": "random weights", "pinned": "their own weights"}
DRAWN = ("images_per_s", "hours")
"""Costs of a place that have a plot, beside that of memory."""
SIZE = ("parameters",)
"""The same of those that a backbone has wherever it runs."""
PATH = "boards/efficiency.html"
ROOT = "../"


def pages(site: SiteContext) -> Iterator[Page]:
    """Yield the board of efficiency."""
    snapshot = site.snapshot
    found = site.efficiencies
    drawings = {(one.protocol, place): tuple(_drawn(one, place)) for one in found for place in one.places}
    own = {one.protocol: tuple(figures.fronts(one, None, SIZE, ROOT)) for one in found}
    yield Page(
        path=PATH,
        template="efficiency.html.j2",
        title="Efficiency",
        description="Test AUC of frozen backbones against memory, speed, width and size, with the Pareto fronts.",
        context={
            "boards": found,
            "costs": COSTS,
            "passes": {
                place: tuple(own)
                for place, own in groupby(snapshot.profiles, key=lambda one: (one.device, WEIGHTS[one.weights]))
            },
            "reported": published_costs.load(),
            "known": set(site.backbones),
            "images": IMAGES,
            "drawings": drawings,
            "own": own,
        },
        figures=[figure for some in (*drawings.values(), *own.values()) for figure in some],
        tables={f"efficiency-{address.slug(one.protocol)}": _frame(one) for one in found}
        | {"forward-passes": _passes(snapshot.profiles)},
    )


def _drawn(one: Efficiency, place: tuple[str, str]) -> Iterator[Figure]:
    """Yield the figures of a place, memory first."""
    return figures.fronts(one, place, (figures.memory_of(one, place), *DRAWN), ROOT)


def _passes(found: Sequence[Profile]) -> pl.DataFrame:
    """Return forward passes as rows for programs, with the columns of the files that they are kept in."""
    whole, numbers = ("parameters", "pixels", "batch_size"), ("gflops", "images_per_s", "cosine", "hours")
    kinds: dict[str, Any] = dict.fromkeys(COLUMNS, pl.String) | dict.fromkeys(whole, pl.Int64)
    kinds |= {name: pl.Float64 for name in COLUMNS if name in numbers or name.startswith("peak_")}
    rows = [one.model_dump(mode="json") | {"libraries": json.dumps(one.libraries, sort_keys=True)} for one in found]
    return pl.DataFrame(rows, schema=kinds)


def _frame(one: Efficiency) -> pl.DataFrame:
    rows: list[dict[str, Any]] = [
        {
            "protocol": one.protocol,
            "backbone": row.ranked_row.name,
            "mean_auc": row.ranked_row.mean_auc,
            "mean_auc_low": row.ranked_row.mean_interval[0] if row.ranked_row.mean_interval else None,
            "mean_auc_high": row.ranked_row.mean_interval[1] if row.ranked_row.mean_interval else None,
            "reason": row.ranked_row.reason,
            "device": row.device,
            "precision": row.precision,
            "images": row.images,
            **row.costs,
            "slowest_images_per_s": row.speed.low,
            "fastest_images_per_s": row.speed.high,
            **{f"front_{name}": name in row.fronts for name in COSTS},
            **{f"reason_{name}": row.reasons.get(name) for name in COSTS},
        }
        for row in one.rows
    ]
    kinds: dict[str, Any] = dict.fromkeys(("protocol", "backbone"), pl.String)
    kinds |= dict.fromkeys(("mean_auc", "mean_auc_low", "mean_auc_high"), pl.Float64)
    kinds |= {**dict.fromkeys(("reason", "device", "precision"), pl.String), "images": pl.Int64}
    kinds |= dict.fromkeys((*COSTS, "slowest_images_per_s", "fastest_images_per_s"), pl.Float64)
    kinds |= {f"front_{name}": pl.Boolean for name in COSTS} | {f"reason_{name}": pl.String for name in COSTS}
    return pl.DataFrame(rows, schema=kinds)
