"""The board of demo sets ranks what was measured on images that nobody declares to be medical, apart from all else."""

from collections.abc import Iterator

from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.pages import address, download_tables
from fuseboard.leaderboard.pages.page import Page

PATH = "boards/demo.html"


def pages(site: SiteContext) -> Iterator[Page]:
    """Yield the board; none where no such set was searched."""
    if not site.apart:
        return
    yield Page(
        path=PATH,
        template="demo.html.j2",
        title="Demo and undeclared sets" if any(own.kind == "undeclared" for own in site.apart) else "Demo sets",
        description="What was measured on sets that are not declared to be medical, which counts on no other board.",
        context={"manifests": site.snapshot.current},
        tables={
            f"{name}-{address.slug(table.protocol)}": download_tables.scores(table)
            for own in site.apart
            for name, tables in ((own.kind, own.singles), (f"{own.kind}-methods", own.fusions.values()))
            for table in tables
        },
    )
