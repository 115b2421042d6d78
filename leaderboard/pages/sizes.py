"""The board of sizes shows what smaller embeddings score, and what they lose."""

from collections.abc import Iterator

import polars as pl

from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.pages.download_tables import Kind
from fuseboard.leaderboard.pages.page import Page

_NAMES: tuple[str, ...] = ("dataset", "protocol", "source", "backbone")


def pages(site: SiteContext) -> Iterator[Page]:
    """Yield the board of sizes."""
    found = site.snapshot.sizes
    lines = [
        {"dataset": one.dataset, "protocol": one.protocol, "source": one.sources[own["backbone"]], **own}
        for one in found
        for own in one.lines
    ]
    numbers = [name for name in (lines[0] if lines else {}) if name not in (*_NAMES, "dim", "bytes")]
    schema: dict[str, Kind] = {
        **dict.fromkeys(_NAMES, pl.String),
        **dict.fromkeys(("dim", "bytes"), pl.Int64),
        **dict.fromkeys(numbers, pl.Float64),
    }
    yield Page(
        path="boards/sizes.html",
        template="sizes.html.j2",
        title="Smaller embeddings",
        description="What PCA, one byte and one bit per number lose against the embeddings they are made of.",
        context={"found": found},
        tables={"sizes": pl.DataFrame(lines, schema)} if found else {},
    )
