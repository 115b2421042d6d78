"""This writes the board for the Hugging Face Hub, as folders that a maintainer may upload. It sends nothing."""

from collections.abc import Callable
from pathlib import Path

from fuseboard.leaderboard.context.providers import Providers, no_providers
from fuseboard.leaderboard.feeds import hub_results, hub_space
from fuseboard.leaderboard.output.base_url import is_public
from fuseboard.leaderboard.output.replace_folder import replacing
from fuseboard.leaderboard.pages import address
from fuseboard.leaderboard.site import build, write
from fuseboard.store.errors import UsageError
from fuseboard.store.store import Store

SPACE, RESULTS = "space", "results"
MARK = '{"about": "Results for the Hugging Face Hub, written by fuseboard and replaced as a whole."}\n'


def require_repository(name: str) -> str:
    """Return the name of a repository of the Hub; raises UsageError where it cannot be one."""
    if hub_results.REPOSITORY.fullmatch(name) is None:
        raise UsageError(f"{name!r} is no repository of the Hub; give one such as ORG/NAME")
    return name


def export(
    store: Store,
    out: Path,
    submitted: Path | None = None,
    sources: Providers | None = None,
    url: str = build.URL,
    kept: Path | None = None,
    benchmark: str | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> tuple[Path, Path]:
    """Write a Space with the site, and the results of each backbone, and return both folders.

    Args:
        store: opens a store with nothing read yet.
        out: the folder that holds both.
        submitted: the folder of submissions, if there is one.
        sources: what only the harness knows.
        url: where the board stands, to which results lead where others can open it.
        kept: the folder of releases, if there is one.
        benchmark: the dataset repository that is, or will be, registered as the benchmark; without one there is no
            `.eval_results`, whose entries must name it.
        report: takes lines that say what was written.

    Raises:
        FuseboardError: as `site.build`; or the Space has more files than the Hub takes.
        UsageError: `benchmark` is no repository.
    """
    repository = None if benchmark is None else require_repository(benchmark)
    space, results = out / SPACE, out / RESULTS
    more = {hub_space.FILE: hub_space.readme().encode()}
    build.build(store, space, submitted, sources, url, kept=kept, more=more, report=report)
    for line in hub_space.size(space):
        report(f"{space}: {line}")
    site = write.gather(store, submitted, (sources or no_providers()).of_store(store.root), url)
    found = list(hub_results.measured(site))
    made = hub_results.files(
        found, repository, lambda name: url + address.backbone(name) if is_public(url) else None, address.slug
    )
    with replacing(results, lambda _: MARK) as folder:
        for name, text in made.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
    there = sum(one.repository is not None for one in found)
    report(f"{results}: {len(found)} backbones, the weights of {there} on the Hub")
    return space, results
