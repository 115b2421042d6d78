"""The site: static pages of a store, with nothing in them that another host would have to serve."""

from collections.abc import Callable, Iterable
from pathlib import Path

from leaderboard import export, reported, submissions
from leaderboard.boards.snapshot import take
from leaderboard.folder import replacing
from leaderboard.material import Material
from leaderboard.pages import dataset, home, runtime
from leaderboard.pages import reported as reported_page
from leaderboard.pages import submissions as submissions_page
from leaderboard.pages.page import Page
from leaderboard.pages.rendering import render
from leaderboard.server import HOST, PORT
from leaderboard.sources import Sources, nothing

STATIC = Path(__file__).parent / "static"
URL = f"http://{HOST}:{PORT}/"
"""Where `fuseboard leaderboard serve` shows a site: its address unless another one is given."""

PAGES: tuple[Callable[[Material], Iterable[Page]], ...] = (
    home.pages,
    dataset.pages,
    runtime.pages,
    reported_page.pages,
    submissions_page.pages,
)


def build(
    root: Path, out: Path, submitted: Path | None = None, sources: Sources | None = None, url: str = URL
) -> Path:
    """Renders the site of a store and returns its front page.

    The same store gives the same bytes, so a rebuild can be compared; the date on the pages is that of the newest
    thing in the store.

    Args:
        root: the store; an absent or empty one gives pages that say so.
        out: the folder to make, or to replace when it is a site built earlier.
        submitted: the folder of submissions, if there is one.
        sources: what only the harness knows.
        url: where the site will stand.

    Raises:
        FuseboardError: the store is damaged, or `out` holds something that is not a site of ours.
    """
    out = out.absolute()
    snapshot = take(root)
    material = Material(snapshot, submissions.read(submitted, snapshot), sources or nothing(), url)
    with replacing(out) as folder:
        for page, text in render((page for made in PAGES for page in made(material)), material):
            path = folder / page.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        _write_data(folder, material)
    return out / "index.html"


def _write_data(folder: Path, material: Material) -> None:
    (folder / "static").mkdir()
    for source in sorted(STATIC.iterdir()):
        (folder / "static" / source.name).write_bytes(source.read_bytes())
    data = folder / "data"
    data.mkdir()
    results = export.as_json(material.snapshot, material.verdicts, material.submitted)
    (data / "results.json").write_text(results, encoding="utf-8", newline="\n")
    (data / "results.csv").write_text(export.as_csv(material.snapshot), encoding="utf-8", newline="\n")
    (data / "reported").mkdir()
    for name in reported.TABLES:
        (data / "reported" / name).write_bytes((reported.FOLDER / name).read_bytes())
