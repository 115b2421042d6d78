"""The shelf holds the releases that a site shows: those of the folder where they are kept, and those that stood on the
site before it."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from fuseboard.leaderboard.output.replace_folder import is_ours
from fuseboard.leaderboard.releases import archive
from fuseboard.leaderboard.releases.archive import SUFFIX, Archive
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files import atomic

FOLDER = "releases"
"""Where they stand on the site, each as a folder and as its archive."""


def of(kept: Path | None) -> tuple[Archive, ...]:
    """Return the releases of a folder, the newest first; none where there is no folder."""
    found = [archive.read(path) for path in _archives(kept)] if kept else []
    return _ordered(found)


def shown(kept: Path | None, out: Path, hides: Callable[[str], bool]) -> tuple[tuple[Archive, ...], tuple[str, ...]]:
    """Return the releases that a site shows, the newest first, and the names of those that it leaves out.

    Args:
        kept: the folder where releases are kept, if there is one.
        out: the site that is replaced, whose releases stay.
        hides: tells of a dataset whether it stays off the pages, and with it every release that has it.

    Raises:
        FuseboardError: one is damaged; the site has another one of the same name; or one that would be left out stands
            on the site alone, where replacing that would be its end.
    """
    own = {one.name: one for one in of(kept)}
    stood = _stood(out / FOLDER, own) if is_ours(out) else {}
    for name in own.keys() & stood.keys():
        if own[name].content != stood[name].content:
            raise FuseboardError(
                f"{own[name].path}: is not the release {name} that stands on the site, and a release never changes; "
                f"restore it from {stood[name].path}"
            )
    left_out = [one for one in (stood | own).values() if any(map(hides, one.record.datasets))]
    for one in left_out:
        if one.name not in own:
            raise FuseboardError(
                f"{one.path}: tells of images of your own that stay off now, and stands nowhere else; move it out of "
                "the site, or name them with --dataset"
            )
    hidden = {one.name for one in left_out}
    return _ordered([one for one in (stood | own).values() if one.name not in hidden]), tuple(sorted(hidden))


def _archives(folder: Path) -> list[Path]:
    """Return the archives of a folder, by name, but for what a killed process left."""
    return sorted(path for path in folder.glob(f"*{SUFFIX}") if not path.name.startswith(atomic.PREFIX))


def _stood(folder: Path, own: Mapping[str, Archive]) -> dict[str, Archive]:
    """Return the releases of a site; one that is damaged there is put right where it is kept whole elsewhere."""
    found = {}
    for path in _archives(folder):
        try:
            found[path.name.removesuffix(SUFFIX)] = archive.read(path)
        except FuseboardError:
            if path.name.removesuffix(SUFFIX) not in own:
                raise
    return found


def _ordered(found: Sequence[Archive]) -> tuple[Archive, ...]:
    return tuple(sorted(found, key=lambda one: (one.record.frozen, one.name), reverse=True))
