"""A dataset page shows what was chosen on a dataset, the selection optimism and the uncertainty."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from fuseboard.leaderboard.boards.board import Board, Entry
from fuseboard.leaderboard.boards.dataset_facts import facts
from fuseboard.leaderboard.boards.similarity import grid
from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.pages import address
from fuseboard.leaderboard.pages.dataset_boards import boards_of
from fuseboard.leaderboard.pages.examples import examples
from fuseboard.leaderboard.pages.page import Page
from fuseboard.leaderboard.plots.figure import Figure
from fuseboard.leaderboard.plots.subset_size import size
from fuseboard.leaderboard.plots.validation import validation
from fuseboard.leaderboard.rows.domains import is_corrupted

_SUBSETS: dict[str, pl.DataType | type[pl.DataType]] = {
    "subset": pl.List(pl.String),
    "backbones": pl.Int64,
    **dict.fromkeys(("validation", "test", "test_auc"), pl.Float64),
}
"""Columns of a figure of subsets; validation and test are of the metric that the protocol chooses by."""

PICTURES = 6
"""One of each class, and of no more classes than stand in a line."""


def pages(site: SiteContext) -> Iterator[Page]:
    """Yield one page per dataset that was searched, measured or embedded."""
    snapshot = site.snapshot
    measured = set(snapshot.rows["dataset"])
    embedded = {name for manifest in snapshot.manifests for name in manifest.datasets}
    manifests = {(manifest.backbone, manifest.fingerprint): manifest for manifest in snapshot.manifests}
    for dataset in snapshot.domains.in_order(measured | embedded):
        own = [board for name in site.protocols for board in snapshot.boards if _is(board, dataset, name)]
        shown = examples(dataset, site.sources.examples(dataset))[:PICTURES]
        drawn = {board.protocol: _figures(board) for board in own}
        yield Page(
            path=address.dataset(dataset),
            template="dataset.html.j2",
            title=dataset,
            description=f"What fusing frozen backbones gains on {dataset}, its selection optimism and its uncertainty.",
            context={
                "dataset": dataset,
                "measured": dataset in measured,
                "shipped": snapshot.shipped(dataset),
                "corrupted": is_corrupted(dataset),
                "apart": None if snapshot.domains.is_ranked(dataset) else snapshot.domains.why_not_ranked(dataset),
                "facts": facts(dataset, snapshot.manifests, own, snapshot.domains),
                "examples": shown,
                "boards": own,
                "elsewhere": boards_of(dataset, site),
                "singles": (*site.singles, *site.apart_singles),
                "fusions": (*site.fusions, *(table for kind in site.apart for table in kind.fusions.values())),
                "manifests": manifests,
                "drawings": drawn,
                "grid": grid(dataset, snapshot.similarities, own, snapshot.says),
            },
            figures=[figure for figures in drawn.values() for figure, _ in figures],
            files={example.path: example.png for example in shown},
        )


def _figures(board: Board) -> list[tuple[Figure, str]]:
    """Return each figure and what it shows; those that have nothing to draw are left out."""
    found = [
        ("validation", validation(board), "One mark per subset: does validation order the subsets as test does?"),
        ("size", size(board), "One mark per subset: do more backbones help?"),
    ]
    of = f"{address.slug(board.dataset)}-{address.slug(board.protocol)}"
    rows = pl.DataFrame([_scores(entry, board.criterion.column) for entry in board.entries], _SUBSETS, orient="row")
    return [(Figure(f"{name}-{of}", drawing, rows), description) for name, drawing, description in found if drawing]


def _scores(entry: Entry, metric: str) -> tuple[Any, ...]:
    chosen_by = getattr(entry.val, metric), getattr(entry.test, metric)
    return list(entry.subset), len(entry.subset), *chosen_by, entry.test.auc


def _is(board: Board, dataset: str, protocol: str) -> bool:
    return (board.dataset, board.protocol) == (dataset, protocol)
