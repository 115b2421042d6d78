"""The site: static pages of a store, with nothing in them that another host would have to serve."""

from collections.abc import Sequence
from pathlib import Path

import jinja2

from leaderboard import display, export, reported, submissions
from leaderboard.bars import bars
from leaderboard.costs import extractions, searches, totals
from leaderboard.folder import replacing
from leaderboard.gaps import gaps
from leaderboard.reported_page import sections
from leaderboard.runtime import runtimes
from leaderboard.scatter import scatter
from leaderboard.similarity import grid
from leaderboard.snapshot import Snapshot, take
from leaderboard.submissions import Submitted
from leaderboard.verdicts.judgement import judge

HERE = Path(__file__).parent


def build(root: Path, out: Path, submitted: Path | None = None) -> Path:
    """Renders the site of a store and returns its front page.

    The same store gives the same bytes, so a rebuild can be compared; the date on the pages is that of the newest
    thing in the store.

    Args:
        root: the store; an absent or empty one gives pages that say so.
        out: the folder to make, or to replace when it is a site built earlier.
        submitted: the folder of submissions, if there is one.

    Raises:
        FuseboardError: the store is damaged, or `out` holds something that is not a site of ours.
    """
    out = out.absolute()
    snapshot = take(root)
    pages = _render(snapshot, submissions.read(submitted, snapshot))
    with replacing(out) as folder:
        for name, text in pages.items():
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
        for source in sorted((HERE / "static").iterdir()):
            (folder / source.name).write_bytes(source.read_bytes())
        (folder / "reported").mkdir()
        for name in reported.TABLES:
            (folder / "reported" / name).write_bytes((reported.FOLDER / name).read_bytes())
    return out / "index.html"


def _render(snapshot: Snapshot, submitted: Sequence[Submitted]) -> dict[str, str]:
    """File name -> content, for everything that depends on the store."""
    environment = _environment()
    environment.globals.update(snapshot=snapshot, missing=display.missing)
    measured, verdicts = extractions(snapshot.manifests), judge(snapshot.rows)
    fitted = searches(snapshot.rows)
    spent = runtimes(snapshot.manifests, measured, fitted)
    pages = {
        "index.html": environment.get_template("index.html.j2").render(gaps=gaps(snapshot)),
        "profile.html": environment.get_template("profile.html.j2").render(
            extractions=measured, totals=totals(measured), searches=fitted, runtimes=spent, bars=bars(spent)
        ),
        "reported.html": environment.get_template("reported.html.j2").render(sections=sections(verdicts)),
        "submissions.html": environment.get_template("submissions.html.j2").render(submitted=submitted),
        "results.json": export.as_json(snapshot, verdicts, submitted),
        "results.csv": export.as_csv(snapshot),
    }
    board_page = environment.get_template("dataset.html.j2")
    for dataset in snapshot.datasets:
        own = [board for board in snapshot.boards if board.dataset == dataset]
        pages[f"dataset-{dataset}.html"] = board_page.render(
            dataset=dataset, boards=own, scatter=scatter, grid=grid(dataset, snapshot.similarities, own)
        )
    return pages


def _environment() -> jinja2.Environment:
    # autoescape=True, not select_autoescape: that one looks at the extension and leaves *.html.j2 unescaped.
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        number=display.number,
        points=display.points,
        seconds=display.seconds,
        moment=display.moment,
        span=display.span,
        p=display.p_value,
        short=display.short,
        foreign=display.foreign,
    )
    return environment
