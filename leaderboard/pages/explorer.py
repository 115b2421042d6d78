"""The explorer lists every measured subset, to tick backbones and set budgets over; one page per dataset and one over
all."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, pairwise

import polars as pl

from fuseboard.leaderboard.boards.board import Board
from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.costs.inference_cost import InferenceCosts
from fuseboard.leaderboard.explorer.explorer import MeanRow, SubsetRow, lines, means
from fuseboard.leaderboard.explorer.tables import of_lines, of_means
from fuseboard.leaderboard.pages import address
from fuseboard.leaderboard.pages.page import Page
from fuseboard.leaderboard.rankings.counting import one_size
from fuseboard.leaderboard.rankings.fusions import CHOSEN
from fuseboard.leaderboard.rankings.table import RankingTable

MAX_ROWS = 200
"""Rows of one page, over all of its sections; others are on further pages, which the explorer reads when asked to."""


@dataclass(frozen=True)
class Section:
    """A section shows one protocol."""

    dataset: str | None
    """The dataset whose subsets these are; null for means over datasets."""
    protocol: str
    searched: tuple[Board, ...]
    """They are the boards of every dataset."""
    counted: tuple[str, ...]
    """Datasets that the rows are of, or means over."""
    rows: Sequence[SubsetRow | MeanRow]
    inference_costs: InferenceCosts
    name: str
    """It names the downloads."""
    table: pl.DataFrame
    room: int
    """Rows that the first page has room for."""
    why_not: Mapping[str, str] = field(default_factory=dict)
    """Dataset that was searched and does not count -> why, to follow `because`."""

    @property
    def slug(self) -> str:
        """Return a name for ids."""
        return address.slug(self.protocol)

    @property
    def parts(self) -> list[Sequence[SubsetRow | MeanRow]]:
        """Return the rows page by page, those of the first page first."""
        bounds = [0, *range(self.room, len(self.rows), MAX_ROWS), len(self.rows)]
        return [self.rows[start:end] for start, end in pairwise(bounds)]

    @property
    def further(self) -> list[str]:
        """Return the addresses of the pages with the rows that the first page has no room for."""
        return [address.subsets(self.dataset, self.protocol, number) for number in range(2, len(self.parts) + 1)]

    @property
    def backbones(self) -> dict[str, str]:
        """Map the name of every backbone of a subset to its slug."""
        return {name: address.slug(name) for name in sorted({name for row in self.rows for name in row.subset})}

    @property
    def criterion(self) -> str:
        """Return what the protocol chooses by, as people read it."""
        metric = self.searched[0].criterion.column
        return "log-loss" if metric == "log_loss" else metric.upper()

    @property
    def memory(self) -> str | None:
        """Return the memory that a budget can be set for: of the GPU, or of the process where none was used; None
        unknown."""
        costs = [row.inference_cost for row in self.rows]
        if any(cost.peak_vram_mb is not None for cost in costs):
            return "peak_vram_mb"
        return "peak_rss_mb" if any(cost.peak_rss_mb is not None for cost in costs) else None


def pages(site: SiteContext) -> Iterator[Page]:
    """Yield the page over all datasets, and one page per dataset that has a board."""
    snapshot = site.snapshot
    over_all = [_over_all(site, ranking_table) for ranking_table in site.fusions]
    yield from (page for section in over_all for page in _further(section))
    yield Page(
        path="explorer.html",
        template="explorer.html.j2",
        title="Subset explorer",
        description="Tick backbones or set a budget, and see what their fusion scored over all datasets.",
        context={"sections": over_all},
        tables={one.name: one.table for one in over_all if one.rows},
    )
    for dataset in snapshot.datasets:
        boards = [board for name in site.protocols for board in snapshot.boards if _is(board, dataset, name)]
        sections = [_of(site, board, MAX_ROWS // len(boards)) for board in boards]
        yield from (page for section in sections for page in _further(section))
        yield Page(
            path=address.explorer(dataset),
            template="subsets.html.j2",
            title=f"All subsets on {dataset}",
            description=f"Every measured subset of backbones on {dataset}, with its scores, intervals and costs.",
            context={"dataset": dataset, "sections": sections},
            tables={one.name: one.table for one in sections},
        )


def _further(section: Section) -> Iterator[Page]:
    """Yield the pages with the rows of a section that its first page has no room for."""
    what = section.dataset or "all datasets"
    starts = count(section.room + 1, MAX_ROWS)
    for path, rows, start in zip(section.further, section.parts[1:], starts, strict=False):
        which = f"{start} to {start + len(rows) - 1} of {len(section.rows)}"
        yield Page(
            path=path,
            template="subsets_part.html.j2",
            title=f"Subsets {which} on {what}, {section.protocol}",
            description=f"Subsets {which} under {section.protocol} on {what}, in the order of validation.",
            context={"dataset": section.dataset, "section": section, "rows": rows, "which": which},
        )


def _of(site: SiteContext, board: Board, room: int) -> Section:
    inference_costs = InferenceCosts([board], site.extractions)
    uncertainty = site.snapshot.board_uncertainties[board.dataset, board.protocol].subset_uncertainties
    rows = lines(board, uncertainty, site.splits, inference_costs)
    name = f"subsets-{address.slug(board.protocol)}@{address.slug(board.dataset)}"  # @ is in no slug: none comes twice
    return Section(
        dataset=board.dataset,
        protocol=board.protocol,
        searched=(board,),
        counted=(board.dataset,),
        rows=rows,
        inference_costs=inference_costs,
        name=name,
        table=of_lines(board, rows),
        room=room,
    )


def _over_all(site: SiteContext, ranking_table: RankingTable) -> Section:
    """Return the means of subsets; a subset is the same in every pool, so all datasets with a choice count, in one size
    of the same images each."""
    protocol = ranking_table.protocol
    domains = site.snapshot.domains
    by_dataset = {board.dataset: board for board in site.snapshot.boards if board.protocol == protocol}
    searched = tuple(by_dataset[dataset] for dataset in domains.in_order(by_dataset))
    chosen = next((row for row in ranking_table.rows if row.name == CHOSEN), None)
    held = [d for d in ranking_table.datasets if chosen is not None and chosen.scores[d].auc is not None]
    kept, why_not = one_size({dataset: by_dataset[dataset].measured for dataset in held}, by_dataset, domains)
    why_not |= {
        board.dataset: "nothing with a test AUC was chosen there"
        if domains.is_ranked(board.dataset)
        else domains.why_not_ranked(board.dataset)
        for board in searched
        if board.dataset not in held
    }
    counted = tuple(dataset for dataset in held if dataset in kept)
    boards = [by_dataset[dataset] for dataset in counted]
    inference_costs = InferenceCosts(boards, site.extractions)
    rows = means(boards, inference_costs) if len(boards) > 1 else ()
    name = f"subsets-{address.slug(protocol)}"
    return Section(
        dataset=None,
        protocol=protocol,
        searched=searched,
        counted=counted,
        rows=rows,
        inference_costs=inference_costs,
        name=name,
        table=of_means(protocol, counted, rows),
        room=MAX_ROWS // len(site.fusions),
        why_not=why_not,
    )


def _is(board: Board, dataset: str, protocol: str) -> bool:
    return (board.dataset, board.protocol) == (dataset, protocol)
