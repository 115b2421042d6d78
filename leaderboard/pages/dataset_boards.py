"""The boards that have rows of one dataset, which its page leads to; each of them leads back."""

from collections.abc import Iterator

from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.pages import address


def boards_of(dataset: str, site: SiteContext) -> dict[str, str]:
    """Return what the link to a board says -> its address from the root, at the first table of the dataset."""
    found: dict[str, str] = {}
    for title, there in _tables(dataset, site):
        found.setdefault(title, there)
    return found


def _tables(dataset: str, site: SiteContext) -> Iterator[tuple[str, str]]:
    for number, table in enumerate(site.groups, 1):
        if table.dataset == dataset:
            slug = address.slug(f"{dataset}-{table.protocol}-{number}")
            yield "Groups and sites", f"boards/groups.html#g-{slug}"
    for classifiers in site.classifiers:
        if classifiers.dataset == dataset:
            yield "Classifiers", f"boards/classifiers.html#c-{address.slug(dataset)}"
    for curves in site.answers.few_labels:
        if curves.dataset == dataset:
            yield "Few labels", f"boards/few-labels.html#f-{address.slug(f'{dataset}-{curves.protocol}')}"
    for sizes in site.snapshot.sizes:
        if sizes.dataset == dataset:
            yield "Smaller embeddings", f"boards/sizes.html#s-{address.slug(f'{dataset}-{sizes.protocol}')}"
    for board in site.corruption_boards:
        if dataset in (board.clean, board.dataset):
            yield "Corrupted images", f"robustness/{address.slug(board.dataset)}.html"
    for transfer in site.transfers:
        if transfer.dataset == dataset:
            yield "Natural images", f"boards/transfer.html#p-{address.slug(transfer.protocol)}"
