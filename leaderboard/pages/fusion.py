"""The board of fusions: what several backbones give together, and the ways to have it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from leaderboard.boards.board import Board, Subset
from leaderboard.boards.singles import columns
from leaderboard.material import Material
from leaderboard.pages import address, frames
from leaderboard.pages.page import Page


@dataclass(frozen=True)
class Pool:
    """What a search chose among, and where."""

    backbones: Subset
    outside: Subset
    """Measured alone only."""
    datasets: tuple[str, ...]
    possible: int
    """Subsets, with those outside alone."""
    incomplete: tuple[tuple[str, int], ...]
    """Datasets where fewer were measured, and how many."""


def pages(material: Material) -> Iterator[Page]:
    """One."""
    tables: dict[str, pl.DataFrame] = {}
    pools: dict[str, list[Pool]] = {}
    for standings in material.fusions:
        slug = address.slug(standings.protocol)
        tables |= {f"fusion-{slug}": frames.ranking(standings), f"scores-of-fusion-{slug}": frames.scores(standings)}
        own = {board.dataset: board for board in columns(material.snapshot, standings.protocol)}
        pools[standings.protocol] = _pools(own, standings.datasets)
    yield Page(
        path="boards/fusion.html",
        template="fusion.html.j2",
        title="Fusion",
        description="The chosen subset beside all backbones, votes, attention and tuning, with intervals.",
        context={"pools": pools},
        tables=tables,
    )


def _pools(boards: Mapping[str, Board], datasets: tuple[str, ...]) -> list[Pool]:
    """By the first dataset of each."""
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
