"""Versions: the folders `<root>/embeddings/<backbone>/<fingerprint>/` that hold a manifest."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from filelock import FileLock

from fuseboard.store.embeddings import manifest as manifests
from fuseboard.store.embeddings.manifest import Manifest, Shard
from fuseboard.store.files import damage
from fuseboard.store.files.damage import DamagedFile


@dataclass(frozen=True)
class Version:
    """A backbone's embeddings under one fingerprint, as they lie on this disk."""

    folder: Path
    manifest: Manifest
    reference: Path | None = None
    """The store without vectors that some datasets of the manifest come from; None where all are here."""
    referenced: tuple[str, ...] = ()
    """These datasets, of which the reference has labels and nothing has vectors."""

    @property
    def spec(self) -> str:
        """`backbone@fingerprint`, which names this version and no other."""
        return f"{self.manifest.backbone}@{self.manifest.fingerprint}"

    def shards(self, dataset: str, split: str) -> dict[Path, Shard]:
        """Shard files of a split, in row order, with what the manifest says of each."""
        return {self.folder / dataset / shard.file: shard for shard in self.manifest.entry(dataset, split).shards}


def folder_of(root: Path, backbone: str, fingerprint: str) -> Path:
    """Where a version lies, whether or not it exists."""
    return root / "embeddings" / backbone / fingerprint


def lock_of(root: Path, backbone: str, fingerprint: str, dataset: str = "manifest") -> FileLock:
    """Returns the lock under which a version's manifest, or the shards of one of its datasets, are changed."""
    path = root / "locks" / f"{backbone}-{fingerprint}-{dataset}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(path)


def _beside(own: Iterable[Version], others: Iterable[Version], reference: Path) -> list[Version]:
    """Adds to the versions of a store the datasets that only those of a reference have, and its other versions."""
    found = {version.spec: version for version in own}
    for other in others:
        here = found.get(other.spec)
        held = here.manifest.datasets if here else {}
        lacking = {name: entry for name, entry in other.manifest.datasets.items() if name not in held}
        whole = (here or other).manifest.model_copy(update={"datasets": held | lacking})
        found[other.spec] = replace(here or other, manifest=whole, reference=reference, referenced=tuple(lacking))
    return sorted(found.values(), key=_age)


def _age(version: Version) -> tuple[object, ...]:
    return version.manifest.backbone, version.manifest.created, version.manifest.fingerprint


def survey(root: Path, reference: Path | None = None) -> tuple[list[Version], dict[Path, DamagedFile]]:
    """Every version that can be read, by backbone and then age, and by folder what is wrong with the others.

    Args:
        root: the store.
        reference: a store without vectors, whose versions and datasets are added where the store has none such.
    """
    paths = sorted((root / "embeddings").glob(f"*/*/{manifests.FILE}"))
    read, damaged = damage.readable(paths, lambda path: Version(path.parent, manifests.read(path.parent)))
    found, broken = list(read.values()), {path.parent: error for path, error in damaged.items()}
    if reference is None:
        return sorted(found, key=_age), broken
    others, broken_there = survey(reference)
    return _beside(found, others, reference), broken | broken_there
