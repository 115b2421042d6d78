"""This writes what a store holds, as the files of one site."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import polars as pl

from fuseboard.leaderboard.boards.snapshot import take
from fuseboard.leaderboard.context import submissions
from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.context.providers import Providers
from fuseboard.leaderboard.feeds import card, changes, previous_site, results, rss, sitemap, tables
from fuseboard.leaderboard.output import duckdb_wasm
from fuseboard.leaderboard.pages import changes as changes_page
from fuseboard.leaderboard.pages.page import Page
from fuseboard.leaderboard.pages.rendering import render
from fuseboard.leaderboard.plots import client
from fuseboard.leaderboard.published import tables as reported
from fuseboard.store.errors import FuseboardError
from fuseboard.store.registry import load
from fuseboard.store.store import Store

STATIC = Path(__file__).parents[1] / "static"


def gather(store: Store, submitted: Path | None, sources: Providers, url: str) -> SiteContext:
    """Reads everything that the pages are made of; arguments as `site.build` takes them."""
    client.begin()
    snapshot = take(store)
    return SiteContext(snapshot, submissions.read(submitted, snapshot, sources), sources, url)


def write(folder: Path, modules: Sequence[str], site: SiteContext, out: Path) -> str:
    """Fills an empty folder with the pages of these modules of `leaderboard.pages`, and with what they load and offer.

    Args:
        folder: where the new site is written.
        modules: names of modules, each with `pages(site)`.
        site: what the pages share.
        out: the site that this one replaces, if there is one; what moved since then is a page of its own.

    Returns:
        One line that says what moved.

    Raises:
        FuseboardError: two pages want one address, or offer two tables under one name.
    """
    moved = changes.since(previous_site.read(out, site.sources.hides), site)
    kinds = [*(_pages(module, site) for module in modules), changes_page.pages(site, moved)]
    paths = []
    for page, text in render(kinds, site):
        paths.append(page.path)
        _put(folder, page.path, text.encode())
        for path, content in page.files.items():
            _put(folder, path, content)
        for name, frame in page.tables.items():
            _put_table(folder, name, frame)
        for figure in page.figures:
            _put(folder, f"data/figures/{figure.name}.csv", f"# {site.source}\n".encode() + tables.as_csv(figure.rows))
    for path, source in _static().items():
        _put(folder, path, source.read_bytes())
    fed = (
        results.files(site),
        changes.files(moved),
        rss.files(site, moved),
        sitemap.files(site, paths),
        card.files(site),
    )
    for path, content in (item for files in fed for item in files.items()):
        _put(folder, path, content)
    return moved.message


def _pages(module: str, site: SiteContext) -> Iterator[Page]:
    yield from load(f"fuseboard.leaderboard.pages.{module}:pages")(site)


def _static() -> Mapping[str, Path]:
    """Map each path on the site to the file that is copied there: what the pages load, and published tables."""
    found = {f"static/{source.name}": source for source in sorted(STATIC.iterdir())}
    found |= {f"static/sql/{name}": source for name, source in duckdb_wasm.files().items()}
    return found | {f"data/reported/{name}": reported.path_of(name) for name in reported.TABLES}


def _put_table(folder: Path, name: str, frame: pl.DataFrame) -> None:
    for kind, content in (
        ("csv", tables.as_csv(frame)),
        ("json", tables.as_json(frame)),
        ("parquet", tables.as_parquet(frame)),
    ):
        _put(folder, f"data/{name}.{kind}", content)


def _put(folder: Path, name: str, content: bytes) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError as error:
        raise FuseboardError(f"{name}: two things of the site want this name; rename one of them") from error
