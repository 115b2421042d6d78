"""Garbage: what a store holds that nothing will read again."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import Timeout

from fuseboard.store.embeddings import manifest, versions
from fuseboard.store.embeddings.current import Current
from fuseboard.store.embeddings.versions import Version


@dataclass(frozen=True)
class Garbage:
    """A folder that can go, and why."""

    folder: Path
    backbone: str
    fingerprint: str
    reason: str
    bytes: int


def find(root: Path, all_versions: Sequence[Version], current: Current) -> list[Garbage]:
    """Superseded versions and unfinished pulls, by backbone.

    A version is superseded when the one that the backbone's present card makes, or a newer one, holds every split of
    it, of the same source images, in the same precision: another precision is made on purpose. So labels that stored
    results need remain, and no embeddings are lost that the other version lacks.

    Args:
        root: the store.
        all_versions: of the store.
        current: says which version comes before which; the current one is never garbage.
    """
    found = []
    for version in all_versions:
        name, own = version.manifest.backbone, version.manifest.fingerprint
        others = [other for other in all_versions if other.manifest.backbone == name and other.spec != version.spec]
        mine = current.precedence(name, own)
        ahead = [other for other in others if current.precedence(name, other.manifest.fingerprint) > mine]
        better = [other for other in ahead if _is_of_its_precision(other, version) and _holds_all(other, version)]
        if better:
            why = f"superseded by {current.version(better).manifest.fingerprint[:12]}"
            found.append(Garbage(version.folder, name, own, why, _size(version.folder)))
    for folder in sorted((root / "embeddings").glob("*/*")):
        if folder.is_dir() and not folder.is_symlink() and not (folder / manifest.FILE).exists():
            why = "no manifest: what an extraction or pull left that was cut off; the same command would go on with it"
            found.append(Garbage(folder, folder.parent.name, folder.name, why, _size(folder)))
    for folder in sorted((root / "incoming").glob("*/*")):
        if folder.is_dir() and not folder.is_symlink():
            why = "a pull that was cut off; pulling again would go on with it"
            found.append(Garbage(folder, folder.parent.name, folder.name, why, _size(folder)))
    return found


def remove(root: Path, garbage: Garbage) -> bool:
    """Removes one; False, and nothing happened, where another process is working on that version.

    The manifest goes first, so that a reader finds the version whole or not at all.
    """
    try:
        with versions.lock_of(root, garbage.backbone, garbage.fingerprint).acquire(timeout=0):
            (garbage.folder / manifest.FILE).unlink(missing_ok=True)
            shutil.rmtree(garbage.folder)
    except Timeout:
        return False
    return True


def _is_of_its_precision(one: Version, other: Version) -> bool:
    return bool(one.manifest.identity.get("precision") == other.manifest.identity.get("precision"))


def _holds_all(one: Version, other: Version) -> bool:
    """Whether a version has every split of another, of the same images with ids of the same meaning."""
    for dataset, entry in other.manifest.datasets.items():
        mine = one.manifest.datasets.get(dataset)
        if mine is None or mine.source_md5 != entry.source_md5 or not set(entry.splits) <= set(mine.splits):
            return False
        if any(mine.splits[split].numbering != part.numbering for split, part in entry.splits.items()):
            return False
    return True


def _size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())
