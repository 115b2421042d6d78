"""This writes what a store holds, as the files of one site."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from fuseboard.leaderboard.boards.snapshot import take
from fuseboard.leaderboard.context import submissions
from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.context.providers import Providers
from fuseboard.leaderboard.feeds import card, changes, previous_site, results, rss, sitemap, tables
from fuseboard.leaderboard.feeds.previous_site import PreviousSite
from fuseboard.leaderboard.output import duckdb_wasm
from fuseboard.leaderboard.pages import changes as changes_page
from fuseboard.leaderboard.pages import releases as releases_page
from fuseboard.leaderboard.pages.page import Page
from fuseboard.leaderboard.pages.rendering import render
from fuseboard.leaderboard.plots import client
from fuseboard.leaderboard.published import tables as reported
from fuseboard.leaderboard.releases import citation, shelf
from fuseboard.leaderboard.releases.archive import SUFFIX, Archive
from fuseboard.store.errors import FuseboardError
from fuseboard.store.registry import load
from fuseboard.store.store import Store

STATIC = Path(__file__).parents[1] / "static"


def gather(store: Store, submitted: Path | None, sources: Providers, url: str) -> SiteContext:
    """Reads everything that the pages are made of; arguments as `site.build` takes them."""
    client.begin()
    snapshot = take(store)
    return SiteContext(snapshot, submissions.read(submitted, snapshot, sources), sources, url)


def write(
    folder: Path,
    modules: Sequence[str],
    site: SiteContext,
    out: Path,
    held: Sequence[Archive] = (),
    more: Mapping[str, bytes] = MappingProxyType({}),
) -> str:
    """Fills an empty folder with the pages of these modules of `leaderboard.pages`, and with what they load and offer.

    Args:
        folder: where the new site is written.
        modules: names of modules, each with `pages(site)`.
        site: what the pages share.
        out: the site that this one replaces, if there is one; what moved since then is a page of its own.
        held: the releases that stand beside it, the newest first.
        more: path -> content of other files that shall lie there.

    Returns:
        One line that says what moved.

    Raises:
        FuseboardError: two pages want one address, or offer two tables under one name.
    """
    moved = changes.since(previous_site.read(out, site.sources.hides), site)
    since = changes.since(previous_site.of_release(held[0].read), site) if held else None
    further = [changes_page.pages(site, moved), releases_page.pages(site, held, since)]
    paths = _put_pages(folder, modules, site, further)
    fed = (changes.files(moved), rss.files(site, moved), sitemap.files(site, paths), more)
    _put_all(folder, site, fed)
    for one in held:
        one.unpack(folder / shelf.FOLDER / one.name)
        _put(folder, f"{shelf.FOLDER}/{one.name}{SUFFIX}", one.content)
    return moved.message


def write_release(folder: Path, modules: Sequence[str], site: SiteContext, previous: PreviousSite) -> None:
    """Fills an empty folder with a site that shall stand for itself and stay as it is.

    It has no feed and no map, which are of what goes on, and no database, which is larger than all the rest.

    Args:
        folder: where it is written.
        modules: names of modules, each with `pages(site)`.
        site: what the pages share, with the release that they are of.
        previous: the release before it.
    """
    assert site.release is not None
    moved = changes.since(previous, site)
    _put_pages(folder, modules, site, [changes_page.pages(site, moved), releases_page.of_release(site, moved)])
    _put_all(folder, site, (changes.files(moved), {citation.PATH: citation.cff(site.release)}))


def _put_pages(
    folder: Path, modules: Sequence[str], site: SiteContext, more: Iterable[Iterable[Page]]
) -> Sequence[str]:
    """Write every page with its files and tables, and the rows that they are made of; return the pages' paths."""
    paths = []
    measured = results.files(site)
    for path, content in measured.items():
        _put(folder, path, content)
    digest = hashlib.sha256(measured[results.ROWS]).hexdigest()
    for page, text in render([*(_pages(module, site) for module in modules), *more], site, digest):
        paths.append(page.path)
        _put(folder, page.path, text.encode())
        for path, content in page.files.items():
            _put(folder, path, content)
        for name, frame in page.tables.items():
            for kind in site.table_kinds:
                _put(folder, f"data/{name}.{kind}", tables.WRITERS[kind](frame))
        for figure in page.figures:
            _put(folder, f"data/figures/{figure.name}.csv", f"# {site.source}\n".encode() + tables.as_csv(figure.rows))
    return paths


def _put_all(folder: Path, site: SiteContext, fed: Iterable[Mapping[str, bytes]]) -> None:
    """Write what is no page, and what every site has beside its pages."""
    for path, source in _static(site).items():
        _put(folder, path, source.read_bytes())
    for files in (*fed, card.files(site)):
        for path, content in files.items():
            _put(folder, path, content)


def _pages(module: str, site: SiteContext) -> Iterator[Page]:
    yield from load(f"fuseboard.leaderboard.pages.{module}:pages")(site)


def _static(site: SiteContext) -> Mapping[str, Path]:
    """Map each path on the site to the file that is copied there: what the pages load, and published tables."""
    found = {f"static/{source.name}": source for source in sorted(STATIC.iterdir())}
    if not site.release:
        found |= {f"static/sql/{name}": source for name, source in duckdb_wasm.files().items()}
    return found | {f"data/reported/{name}": reported.path_of(name) for name in reported.TABLES}


def _put(folder: Path, name: str, content: bytes) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError as error:
        raise FuseboardError(f"{name}: two things of the site want this name; rename one of them") from error
