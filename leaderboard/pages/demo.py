"""The board of demo sets ranks what was measured on images that are not medical, apart from everything else."""

from collections.abc import Iterator

from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.pages import address, download_tables
from fuseboard.leaderboard.pages.page import Page

PATH = "boards/demo.html"


def pages(site: SiteContext) -> Iterator[Page]:
    """Yield the board; none where no such set was searched."""
    if not site.demo_singles:
        return
    methods = {table.protocol: table for table in site.demo_fusions}
    yield Page(
        path=PATH,
        template="demo.html.j2",
        title="Demo sets",
        description="What was measured on sets that are not medical, which counts on no other board.",
        context={"manifests": site.snapshot.current, "methods": methods},
        tables={
            f"{name}-{address.slug(table.protocol)}": download_tables.scores(table)
            for name, tables in (("demo", site.demo_singles), ("demo-methods", site.demo_fusions))
            for table in tables
        },
    )
