"""The board of fusions compares the methods that use several backbones at once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from fuseboard.leaderboard.boards.board import Board, Subset
from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.pages import address, download_tables
from fuseboard.leaderboard.pages.page import Page
from fuseboard.leaderboard.rankings.singles import columns


@dataclass(frozen=True)
class Pool:
    """It says what a search chose among, and where."""

    backbones: Subset
    outside: Subset
    """Measured alone only."""
    datasets: tuple[str, ...]
    possible: int
    """Subsets, with those outside alone."""
    incomplete: tuple[tuple[str, int], ...]
    """Datasets where fewer were measured, and how many."""


def pages(site: SiteContext) -> Iterator[Page]:
    """Yield the board of fusions."""
    tables: dict[str, pl.DataFrame] = {}
    pools: dict[str, list[Pool]] = {}
    for ranking_table in site.fusions:
        slug = address.slug(ranking_table.protocol)
        tables |= {
            f"fusion-{slug}": download_tables.ranking(ranking_table),
            f"scores-of-fusion-{slug}": download_tables.scores(ranking_table),
        }
        own = {board.dataset: board for board in columns(site.snapshot, ranking_table.protocol)}
        pools[ranking_table.protocol] = _pools(own, ranking_table.datasets)
    yield Page(
        path="boards/fusion.html",
        template="fusion.html.j2",
        title="Fusion",
        description="The chosen subset beside all backbones, votes, attention and tuning, with intervals.",
        context={"pools": pools, "boards": _in_order(site)},
        tables=tables,
    )


def _in_order(site: SiteContext) -> list[Board]:
    """Return what was searched of medical images, in the order of the boards' columns."""
    domains = site.snapshot.domains
    order = domains.in_order(site.snapshot.datasets)
    return sorted(
        (b for b in site.snapshot.boards if domains.is_ranked(b.dataset)), key=lambda b: order.index(b.dataset)
    )


def _pools(boards: Mapping[str, Board], datasets: tuple[str, ...]) -> list[Pool]:
    """Return the pools in the order of the first dataset of each."""
    found: dict[tuple[Subset, Subset], list[str]] = {}
    for dataset in datasets:
        found.setdefault((boards[dataset].pool, boards[dataset].outside), []).append(dataset)
    return [
        Pool(
            backbones=pool,
            outside=outside,
            datasets=tuple(own),
            possible=boards[own[0]].possible,
            incomplete=tuple((b.dataset, b.measured) for b in map(boards.get, own) if b and b.measured < b.possible),
        )
        for (pool, outside), own in found.items()
    ]
