"""The board of classifiers shows whether a conclusion about backbones depends on what is fitted to them."""

from collections.abc import Iterator

import polars as pl

from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.pages.download_tables import Kind
from fuseboard.leaderboard.pages.page import Page
from fuseboard.leaderboard.rankings.classifiers import LEAST, ROLES, DatasetClassifiers

_SCORES: dict[str, Kind] = {
    **dict.fromkeys(("dataset", "classifier", "protocol", "role"), pl.String),
    "subset": pl.List(pl.String),
    **dict.fromkeys(("auc", "acc"), pl.Float64),
    "measured_subsets": pl.Int64,
    "key": pl.String,
}
_AGREEMENTS: dict[str, Kind] = {
    **dict.fromkeys(("dataset", "classifier", "other"), pl.String),
    "subsets": pl.Int64,
    "spearman_auc": pl.Float64,
}


def pages(site: SiteContext) -> Iterator[Page]:
    """Yield the board of classifiers."""
    found = site.classifiers
    yield Page(
        path="boards/classifiers.html",
        template="classifiers.html.j2",
        title="Classifiers",
        description="The same embeddings under trees, ridge, logistic regression, neighbours and votes.",
        context={"found": found, "roles": ROLES, "least": LEAST},
        tables={
            "classifiers": pl.DataFrame([line for one in found for line in _scores(one)], _SCORES, orient="row"),
            "agreement-of-classifiers": pl.DataFrame(
                [
                    (one.dataset, pair.one, pair.other, pair.subsets, pair.rho)
                    for one in found
                    for pair in one.agreements
                ],
                _AGREEMENTS,
                orient="row",
            ),
        }
        if found
        else {},
    )


def _scores(one: DatasetClassifiers) -> Iterator[tuple[object, ...]]:
    for row in one.rows:
        for role, cell in row.cells.items():
            if cell:
                subset = list(cell.subset)
                yield one.dataset, row.title, row.protocol, role, subset, cell.auc, cell.acc, row.subsets, cell.key
