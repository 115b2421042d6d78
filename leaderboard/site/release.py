"""This freezes the board of a store as a release: an archive that nothing writes again."""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.context.providers import Providers, no_providers
from fuseboard.leaderboard.feeds import previous_site
from fuseboard.leaderboard.output.base_url import is_public
from fuseboard.leaderboard.releases import archive, shelf
from fuseboard.leaderboard.releases.archive import SUFFIX, Archive
from fuseboard.leaderboard.releases.facts import Release, require_name
from fuseboard.leaderboard.site import write
from fuseboard.leaderboard.site.build import PAGES, URL, uncollected
from fuseboard.store.store import Store


def freeze(
    store: Store,
    name: str,
    kept: Path,
    submitted: Path | None = None,
    sources: Providers | None = None,
    url: str = URL,
    doi: str | None = None,
    concept_doi: str | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC).replace(microsecond=0),
) -> Path:
    """Write the board as it stands now as a release, and return its archive.

    Args:
        store: with nothing read yet.
        name: of the release, a folder on the site.
        kept: the folder where releases are kept; the newest in it is the one before.
        submitted: the folder of submissions, if there is one.
        sources: what only the harness knows.
        url: where the living board will stand.
        doi: of this release, as a deposit reserves it beforehand.
        concept_doi: of all releases.
        now: says what time it is.

    Raises:
        FuseboardError: there is a release of that name already, or one of the others is damaged.
        UsageError: the name cannot be one.
    """
    path = kept / f"{require_name(name)}{SUFFIX}"
    archive.refuse_taken(path)
    before = next(iter(shelf.of(kept)), None)
    address = f"{url}{shelf.FOLDER}/{name}/"
    site = write.gather(store, submitted, (sources or no_providers()).of_store(store.root), address)
    release = Release(
        name=name,
        frozen=now(),
        newest=site.snapshot.newest,
        builder=site.builder,
        url=address if is_public(url) else None,
        doi=doi,
        concept_doi=concept_doi,
        previous=before.name if before else None,
        rows=site.snapshot.rows.height,
        backbones=site.backbones,
        datasets=site.datasets,
    )
    archive.write(path, release, _files(replace(site, release=release), before))
    return path


def _files(site: SiteContext, before: Archive | None) -> dict[str, bytes]:
    """Return path -> content of the site of a release."""
    previous = previous_site.of_release(before.read) if before else previous_site.NONE
    with tempfile.TemporaryDirectory() as name, uncollected():
        folder = Path(name)
        write.write_release(folder, PAGES, site, previous)
        found = (path for path in sorted(folder.rglob("*")) if path.is_file())
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}
