"""The board of single backbones: each alone on every dataset."""

from collections.abc import Iterator

import polars as pl

from leaderboard.material import Material
from leaderboard.pages import address, frames
from leaderboard.pages.page import Page


def pages(material: Material) -> Iterator[Page]:
    """One."""
    tables: dict[str, pl.DataFrame] = {}
    for standings in material.singles:
        slug = address.slug(standings.protocol)
        tables |= {f"singles-{slug}": frames.ranking(standings), f"scores-of-singles-{slug}": frames.scores(standings)}
    yield Page(
        path="boards/singles.html",
        template="singles.html.j2",
        title="Single backbones",
        description="Every frozen backbone alone on every dataset, ranked by mean test AUC, with intervals and tiers.",
        context={"manifests": material.snapshot.current},
        tables=tables,
    )
