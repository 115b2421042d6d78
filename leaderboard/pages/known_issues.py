"""The page of known issues shows training overlap, flaws of the data, and where a paper and its code differ."""

from collections.abc import Iterator

from fuseboard.leaderboard.boards.test_set_size import small_test_sets
from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.pages.page import Page
from fuseboard.leaderboard.published import known_issues
from fuseboard.leaderboard.rows.undeclared import undeclared
from fuseboard.store.embeddings.manifest import DatasetEntry


def pages(site: SiteContext) -> Iterator[Page]:
    """Yield the page of known issues."""
    snapshot = site.snapshot
    datasets: dict[str, DatasetEntry] = {n: entry for m in snapshot.by_age for n, entry in m.datasets.items()}
    yield Page(
        path="quality.html",
        template="known_issues.html.j2",
        title="Known issues",
        description="Known training overlap, tiny test sets, images that occur twice, and where paper and code differ.",
        context={
            "issues": known_issues.load(),
            "backbones": [manifest for _, manifest in sorted(snapshot.current.items())],
            "datasets": dict(sorted(datasets.items())),
            "sizes": small_test_sets(snapshot.boards, snapshot.confusions),
            "undeclared": undeclared(snapshot.rows),
        },
    )
