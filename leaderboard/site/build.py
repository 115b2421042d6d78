"""The site is static pages of a store, with nothing in them that another host would have to serve."""

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from fuseboard.leaderboard.context.providers import Providers, no_providers
from fuseboard.leaderboard.output.replace_folder import replacing
from fuseboard.leaderboard.output.server import HOST, PORT
from fuseboard.leaderboard.site import staleness
from fuseboard.store.store import Store

URL = f"http://{HOST}:{PORT}/"
"""Where `fuseboard leaderboard serve` shows a site: its address unless another one is given."""
SUBMISSIONS, RELEASES = Path("submissions"), Path("releases")
"""Where submissions and releases are looked for unless another folder is given."""

PAGES = (
    "home",
    "choose",
    "indexes",
    "coverage",
    "singles",
    "fusion",
    "contribution",
    "classifiers",
    "few_labels",
    "sizes",
    "demo",
    "dataset",
    "explorer",
    "compare",
    "runtime",
    "reported",
    "submissions",
    "submission",
    "backbone",
    "provenance",
    "robustness",
    "groups",
    "transfer",
    "efficiency",
    "timeline",
    "method",
    "known_issues",
    "sql",
)
"""Modules of `leaderboard.pages`, each with `pages(site) -> Iterator[Page]`. Named, not imported: a build that has
nothing to do must not wait for what pages are made with."""


def build(
    store: Store,
    out: Path,
    submitted: Path | None = None,
    sources: Providers | None = None,
    url: str = URL,
    kept: Path | None = None,
    more: Mapping[str, bytes] = MappingProxyType({}),
    report: Callable[[str], None] = lambda _: None,
) -> Path:
    """Renders the site of a store, unless `out` is that already, and returns its front page.

    The same store gives the same bytes, so a rebuild can be compared; the date on the pages is that of the newest
    thing in the store. Where neither what goes into the site nor what is in it has changed since it was built, nothing
    is touched.

    Args:
        store: with nothing read yet; an absent or empty one gives pages that say so.
        out: the folder to make, or to replace when it is a site built earlier.
        submitted: the folder of submissions, if there is one.
        sources: what only the harness knows.
        url: where the site will stand, with a slash at the end.
        kept: the folder where releases are kept, if there is one; those that stand on the site stay anyway.
        more: path on the site -> a file that whoever shows it wants there.
        report: takes a line that says what moved since `out` was built.

    Raises:
        FuseboardError: the store or a release is damaged, or `out` holds something that is not a site of ours.
    """
    out, sources = out.absolute(), (sources or no_providers()).of_store(store.root)
    inputs = staleness.Inputs.of(store, submitted, sources, url, kept, more)
    if staleness.is_current(out, inputs):
        report("nothing changed since the last build")
    else:
        from fuseboard.leaderboard.releases import shelf
        from fuseboard.leaderboard.site import write

        held, hidden = shelf.shown(kept, out, sources.hides)
        if hidden:
            report(
                f"not on the site, because it tells of images of your own: {', '.join(hidden)}; --dataset names them"
            )
        with uncollected(), replacing(out, lambda folder: staleness.made(folder, inputs)) as folder:
            moved = write.write(folder, PAGES, write.gather(store, submitted, sources, url), out, held, more)
        report(moved)
    return out / "index.html"


@contextmanager
def uncollected() -> Iterator[None]:
    """Switch garbage collection off: pages are made of millions of small things that all live to the end, and looking
    for circles among them took a quarter of a large build."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
