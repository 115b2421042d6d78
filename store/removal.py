"""Removal: a version, or a dataset of it, goes for good, with every row that was measured on its vectors.

Of a dataset that no version holds any more nothing stays: no row, no vector of its images that was kept outside of
it, and no table that leads from an id to a path.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from filelock import Timeout

from fuseboard.store.embeddings import (
    by_image,
    dataset_card,
    history,
    image_table,
    label_file,
    manifest,
    metadata,
    versions,
)
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError
from fuseboard.store.results import interval_cache, rows, similarity_rows

REFERENCE = "reference"
"""Folder of a store in which the rows lie that later ones are held against: a store of its own, without vectors."""


@dataclass(frozen=True)
class Removal:
    """What would go of one version.

    Args:
        version: of a backbone.
        datasets: of it that go.
        keys: of the result rows that rest on these vectors.
        bytes: of the shards.
    """

    version: Version
    datasets: tuple[str, ...]
    keys: frozenset[str]
    bytes: int

    @property
    def is_whole(self) -> bool:
        """Whether nothing of the version stays."""
        return set(self.datasets) == set(self.version.manifest.datasets)


def find(root: Path, chosen: Sequence[Version], dataset: str | None) -> list[Removal]:
    """Says what would go.

    Args:
        root: the store.
        chosen: versions of it.
        dataset: only this one of them; all where None.

    Raises:
        FuseboardError: the rows of a dataset cannot be read, so which of them rest on the vectors is not known.
    """
    found = []
    measured: dict[str, pl.DataFrame] = {}
    for version in chosen:
        held = version.manifest.datasets
        names = tuple(name for name in held if dataset in (None, name))
        if names:
            for name in names:
                if name not in measured:
                    measured[name] = rows.read_whole(root, name).select("key", "subset", "fingerprints")
            keys = frozenset(key for name in names for key in _keys(measured[name], version))
            size = sum(part.bytes for name in names for split in held[name].splits.values() for part in split.shards)
            found.append(Removal(version, names, keys, size))
    return found


def _keys(measured: pl.DataFrame, version: Version) -> list[str]:
    """Returns the keys of rows (key, subset, fingerprints) whose subset holds the version."""
    own = version.manifest.backbone, version.manifest.fingerprint
    return [key for key, subset, prints in measured.iter_rows() if own in zip(subset, prints, strict=True)]


def remove(root: Path, removal: Removal) -> None:
    """Removes it: rows first and vectors last, so that what is cut off is finished by the same command again.

    Raises:
        FuseboardError: another process is working on the version.
    """
    own = removal.version.manifest
    try:
        with versions.lock_of(root, own.backbone, own.fingerprint).acquire(timeout=0):
            for dataset in removal.datasets:
                rows.remove(root, dataset, removal.keys)
                similarity_rows.remove(root, dataset, own.backbone, own.fingerprint)
                (root / interval_cache.FOLDER / f"{dataset}.parquet").unlink(missing_ok=True)
            if removal.is_whole:
                (removal.version.folder / manifest.FILE).unlink(missing_ok=True)
                shutil.rmtree(removal.version.folder)
                shutil.rmtree(root / by_image.FOLDER / own.backbone / own.fingerprint, ignore_errors=True)
            else:
                _shrink(removal.version, removal.datasets)
            _remove_from_reference(root / REFERENCE, removal)
    except Timeout as error:
        raise FuseboardError(
            f"{removal.version.spec}: something is working on it; try again when that is done"
        ) from error


def forget(root: Path, dataset: str) -> bool:
    """Removes what is left of a dataset that no version holds any more; returns whether there was any.

    Args:
        root: the store.
        dataset: by its name; where a version still holds it, or may hold it in a damaged manifest, nothing is removed.
    """
    found, broken = versions.survey(root)
    held = {name for version in found for name in version.manifest.datasets}
    if broken or dataset in held:
        return False
    tables = list(image_table.every(root, dataset))
    keys = {key for table in tables if image_table.KEY in table.columns for key in table[image_table.KEY]}
    by_image.remove(root, keys)
    sources = {table[image_table.SOURCE][0] for table in tables if image_table.SOURCE in table.columns}
    names = [name for name in image_table.datasets(root) if name not in held and _sources(root, name) & sources]
    left = [path for name in {dataset, *names} for path in _left(root, name)]
    for path in left:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    return bool(left)


def _sources(root: Path, dataset: str) -> set[str]:
    tables = image_table.every(root, dataset)
    return {table[image_table.SOURCE][0] for table in tables if image_table.SOURCE in table.columns}


def _left(root: Path, dataset: str) -> list[Path]:
    """Returns files and folders that belong to one dataset alone; that of the table of its images comes last."""
    reference = root / REFERENCE
    places = [root / "similarity", root / "studies", reference / "similarity", reference / label_file.FOLDER]
    found = [path for top in (root, reference) for path in (top / "results").glob("*/*") if path.name == dataset]
    found += [place / dataset for place in places]
    found += [root / interval_cache.FOLDER / f"{dataset}.parquet"]
    found += [path for path in (root / "locks").glob("*.lock") if path.name.endswith(f"-{dataset}.lock")]
    found += [metadata.path_of(root, dataset), *image_table.files(root, dataset)]
    return [path for path in found if path.exists()]


def _remove_from_reference(reference: Path, removal: Removal) -> None:
    own = removal.version.manifest
    folder = versions.folder_of(reference, own.backbone, own.fingerprint)
    if not (folder / manifest.FILE).is_file():
        return
    for dataset in removal.datasets:
        rows.remove(reference, dataset, removal.keys)
        similarity_rows.remove(reference, dataset, own.backbone, own.fingerprint)
    there = Version(folder, manifest.read(folder))
    if set(there.manifest.datasets) <= set(removal.datasets):
        shutil.rmtree(folder)
    else:
        _shrink(there, removal.datasets)


def _shrink(version: Version, datasets: Sequence[str]) -> None:
    """Takes datasets out of a version that has others."""
    folder = version.folder
    left = {name: entry for name, entry in version.manifest.datasets.items() if name not in datasets}
    smaller = version.manifest.model_copy(update={"datasets": left})
    smaller.write(folder)
    if (folder / dataset_card.FILE).is_file():
        dataset_card.write(folder, smaller)
    if (folder / history.FILE).is_file():
        history.forget(folder, datasets)
    for dataset in datasets:
        shutil.rmtree(folder / dataset, ignore_errors=True)
