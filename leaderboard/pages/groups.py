"""The board of groups shows which site, scanner or sex a subset fails on, and whether the site tells the label."""

from collections.abc import Iterator

import polars as pl

from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.pages.download_tables import Kind
from fuseboard.leaderboard.pages.page import Page
from fuseboard.store.results.group_rows import lines

_COLUMNS: dict[str, Kind] = {
    **dict.fromkeys(("dataset", "protocol"), pl.String),
    "subset": pl.List(pl.String),
    **dict.fromkeys(("column", "value"), pl.String),
    **dict.fromkeys(("images", "rarest_class", "train_images"), pl.Int64),
    **dict.fromkeys(("test_auc", "low", "high", "test_acc", "acc_low", "acc_high"), pl.Float64),
    **dict.fromkeys(("left_out", "left_out_low", "left_out_high", "column_auc"), pl.Float64),
    **dict.fromkeys(("robustness_index", "index_low", "index_high", "index_by_chance"), pl.Float64),
    **dict.fromkeys(("label_auc", "label_auc_by_chance", "label_p"), pl.Float64),
    "reason": pl.String,
}


def pages(site: SiteContext) -> Iterator[Page]:
    """Yield the board of groups."""
    found = site.groups
    rows = [
        {"dataset": table.dataset, "protocol": table.protocol, **line}
        for table in found
        for one in table.scores
        for line in lines(one)
    ]
    yield Page(
        path="boards/groups.html",
        template="groups.html.j2",
        title="Groups and sites",
        description="Test AUC per site, scanner or sex, with the group left out of training, and the worst group.",
        context={"found": found},
        tables={"groups": pl.DataFrame(rows, _COLUMNS)} if found else {},
    )
