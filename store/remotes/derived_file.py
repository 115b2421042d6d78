"""The file that a derived version was made with, on its way out of a store and in."""

from collections.abc import Callable
from pathlib import Path

from fuseboard.store.embeddings import derived, transform_file
from fuseboard.store.embeddings.manifest import Manifest
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files import atomic


def given(version: Version) -> dict[str, bytes]:
    """Name -> content of the file, which goes with the vectors; nothing of a version that is not derived.

    Raises:
        FuseboardError: it is missing or damaged.
    """
    if derived.source_of(version.manifest) is None:
        return {}
    return {transform_file.FILE: transform_file.dump(transform_file.read(version))}


def take(text: Callable[[str, int], bytes | None], where: str, manifest: Manifest, folder: Path) -> None:
    """Keeps the file beside a manifest that is to come, once it is held against the fingerprint.

    Args:
        text: returns a small file of the remote by name and limit; None where it has none.
        where: the remote, for messages.
        manifest: of the remote.
        folder: of the version in this store.

    Raises:
        FuseboardError: it is missing, damaged, or of another version.
    """
    if derived.source_of(manifest) is None or (folder / transform_file.FILE).exists():
        return
    place = f"{where}: {transform_file.FILE}"
    if (content := text(transform_file.FILE, transform_file.LIMIT)) is None:
        raise FuseboardError(f"{place} is not there, and {manifest.backbone} was made with it; ask its publisher")
    transform_file.expect(transform_file.parse(content, place), manifest, place)
    with atomic.replacing(folder / transform_file.FILE) as temporary:
        temporary.write_bytes(content)
