"""A dataset page shows what was chosen on a dataset, the selection optimism and the uncertainty."""

from collections.abc import Iterator

from markupsafe import Markup

from fuseboard.leaderboard.boards.board import Board
from fuseboard.leaderboard.boards.dataset_facts import facts
from fuseboard.leaderboard.boards.similarity import grid
from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.pages import address
from fuseboard.leaderboard.pages.examples import examples
from fuseboard.leaderboard.pages.page import Page
from fuseboard.leaderboard.plots.subset_size import size
from fuseboard.leaderboard.plots.validation import validation
from fuseboard.leaderboard.rows.modality import in_order, is_corrupted, is_demo


def pages(site: SiteContext) -> Iterator[Page]:
    """Yield one page per dataset that was searched, measured or embedded."""
    snapshot = site.snapshot
    measured = set(snapshot.rows["dataset"])
    embedded = {name for manifest in snapshot.manifests for name in manifest.datasets}
    manifests = {(manifest.backbone, manifest.fingerprint): manifest for manifest in snapshot.manifests}
    for dataset in in_order(measured | embedded):
        own = [board for name in site.protocols for board in snapshot.boards if _is(board, dataset, name)]
        shown = examples(dataset, site.sources.examples(dataset))
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
                "demo": is_demo(dataset),
                "facts": facts(dataset, snapshot.manifests, own),
                "examples": shown,
                "boards": own,
                "manifests": manifests,
                "drawings": {board.protocol: _drawings(board) for board in own},
                "grid": grid(dataset, snapshot.similarities, own, snapshot.says),
            },
            files={example.path: example.png for example in shown},
        )


def _drawings(board: Board) -> list[tuple[Markup, str]]:
    """Return each drawing and what it shows; those that have nothing to draw are left out."""
    found = [
        (validation(board), "One mark per subset: does validation order the subsets as test does?"),
        (size(board), "One mark per subset: do more backbones help?"),
    ]
    return [(drawing, description) for drawing, description in found if drawing is not None]


def _is(board: Board, dataset: str, protocol: str) -> bool:
    return (board.dataset, board.protocol) == (dataset, protocol)
