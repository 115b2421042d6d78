"""Writing: what a store holds, as the files of one site."""

import importlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import polars as pl

from leaderboard import bundle, reported, submissions
from leaderboard.boards.snapshot import take
from leaderboard.feeds import card, changes, earlier, results, rss, sitemap, tables
from leaderboard.material import Material
from leaderboard.pages.page import Page
from leaderboard.pages.rendering import render
from leaderboard.plots import drawer
from leaderboard.sources import Sources
from store.errors import FuseboardError

STATIC = Path(__file__).parent / "static"


def gather(root: Path, out: Path, submitted: Path | None, sources: Sources, url: str) -> Material:
    """Reads everything that the pages are made of, the site in `out` too; arguments as `site.build` takes them."""
    drawer.begin()
    snapshot = take(root)
    return Material(snapshot, submissions.read(submitted, snapshot), sources, url, earlier.read(out))


def write(folder: Path, modules: Sequence[str], material: Material) -> None:
    """Fills an empty folder with the pages of these modules of `leaderboard.pages`, and with what they load and offer.

    Raises:
        FuseboardError: two pages want one address, or offer two tables under one name.
    """
    paths = []
    for page, text in render([_pages(module, material) for module in modules], material):
        paths.append(page.path)
        _put(folder, page.path, text.encode())
        for path, content in page.files.items():
            _put(folder, path, content)
        for name, frame in page.tables.items():
            _put_table(folder, name, frame)
    for path, source in _static().items():
        _put(folder, path, source.read_bytes())
    fed = (
        results.files(material),
        changes.files(material.changes),
        rss.files(material),
        sitemap.files(material, paths),
        card.files(material),
    )
    for path, content in (item for files in fed for item in files.items()):
        _put(folder, path, content)


def _pages(module: str, material: Material) -> Iterator[Page]:
    yield from importlib.import_module(f"leaderboard.pages.{module}").pages(material)


def _static() -> Mapping[str, Path]:
    """What the pages load, and published tables as they are: path on the site -> file."""
    found = {f"static/{source.name}": source for source in sorted(STATIC.iterdir())}
    found |= {f"static/sql/{name}": source for name, source in bundle.files().items()}
    return found | {f"data/reported/{name}": reported.FOLDER / name for name in reported.TABLES}


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
