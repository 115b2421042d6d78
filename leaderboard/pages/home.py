"""The front page shows what this is, the boards at a glance, what it was built from, and what is missing."""

from collections.abc import Iterator

from fuseboard.leaderboard.boards.board import Board
from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.pages.page import Page
from fuseboard.leaderboard.rows.modality import in_order, is_ranked

DOORS = (
    ("boards/contribution.html", "Contribution", "What each backbone adds to the pool, as exact Shapley values."),
    ("boards/classifiers.html", "Classifiers", "The same embeddings under trees, linear maps, neighbours and votes."),
    ("boards/few-labels.html", "Few labels", "Scores with few labelled images, and what a backbone is worth in them."),
    ("boards/robustness.html", "Robustness", "What MedMNIST-C's corruptions do, condition by condition."),
    ("boards/transfer.html", "Transfer", "Top-1 and top-5 on natural images, from the same embeddings."),
    ("boards/efficiency.html", "Efficiency", "AUC against memory, speed and hours: who is on the front."),
    ("explorer.html", "Subset explorer", "Tick backbones or set a budget, and see what was measured."),
    ("quality.html", "Known issues", "Known training overlap, tiny test sets, and where paper and code differ."),
    ("reported.html", "Reported elsewhere", "Published figures with sources, held against measured ones."),
    ("sql.html", "SQL", "Query every published row in the browser."),
    ("method.html", "Method", "Every formula of these pages and its source, and how to cite."),
)
"""(path, title, what is behind it)."""


def pages(site: SiteContext) -> Iterator[Page]:
    """Yield the front page."""
    yield Page(
        path="index.html",
        template="index.html.j2",
        title="Which frozen embeddings of medical images are worth fusing?",
        description="Precomputed embeddings of medical images, every subset of them measured, with its uncertainty.",
        context={
            "backbones": _backbones(site),
            "boards": _boards(site),
            "doors": DOORS,
            "missing_results": site.missing_results,
        },
    )


def _boards(site: SiteContext) -> list[Board]:
    """Return what was searched, but for sets that are not medical, in the order of the boards' columns."""
    order = in_order(site.snapshot.datasets)
    return sorted((b for b in site.snapshot.boards if is_ranked(b.dataset)), key=lambda b: order.index(b.dataset))


def _backbones(site: SiteContext) -> list[str]:
    """Return the backbones that are embedded or ranked, by name."""
    ranked = {version.backbone for board in site.snapshot.boards for version in board.versions}
    return sorted(ranked | {manifest.backbone for manifest in site.snapshot.manifests})
