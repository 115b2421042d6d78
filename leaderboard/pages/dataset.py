"""Dataset pages: what was chosen on a dataset, what the choice hides, and what chance had to do with it."""

from collections.abc import Iterator

from leaderboard.boards.similarity import grid
from leaderboard.material import Material
from leaderboard.pages import address
from leaderboard.pages.page import Page
from leaderboard.scatter import scatter


def pages(material: Material) -> Iterator[Page]:
    """One per dataset that has a board."""
    snapshot = material.snapshot
    for dataset in snapshot.datasets:
        own = [board for board in snapshot.boards if board.dataset == dataset]
        yield Page(
            path=address.dataset(dataset),
            template="dataset.html.j2",
            title=dataset,
            description=f"Every measured subset of backbones on {dataset}, and what the choice among them is worth.",
            context={
                "dataset": dataset,
                "boards": own,
                "scatter": scatter,
                "grid": grid(dataset, snapshot.similarities, own),
            },
        )
