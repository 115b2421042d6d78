"""Removal: a version, or a dataset of it, goes for good, with every row that was measured on its vectors."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from filelock import Timeout

from fuseboard.store.embeddings import by_image, dataset_card, history, manifest, versions
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError
from fuseboard.store.results import interval_cache, rows, similarity_rows


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
                    measured[name] = rows.read(root, dataset=name).select("key", "subset", "fingerprints")
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
                _shrink(removal)
    except Timeout as error:
        raise FuseboardError(
            f"{removal.version.spec}: something is working on it; try again when that is done"
        ) from error


def _shrink(removal: Removal) -> None:
    folder, own = removal.version.folder, removal.version.manifest
    left = {name: entry for name, entry in own.datasets.items() if name not in removal.datasets}
    smaller = own.model_copy(update={"datasets": left})
    smaller.write(folder)
    dataset_card.write(folder, smaller)
    history.forget(folder, removal.datasets)
    for dataset in removal.datasets:
        shutil.rmtree(folder / dataset, ignore_errors=True)
