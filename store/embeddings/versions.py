"""Versions: the folders `<root>/embeddings/<backbone>/<fingerprint>/` that hold a manifest."""

from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from fuseboard.store.embeddings import manifest as manifests
from fuseboard.store.embeddings.manifest import Manifest, Shard
from fuseboard.store.errors import FuseboardError


@dataclass(frozen=True)
class Version:
    """A backbone's embeddings under one fingerprint, as they lie on this disk."""

    folder: Path
    manifest: Manifest

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


def survey(root: Path) -> tuple[list[Version], dict[Path, FuseboardError]]:
    """Every version that can be read, by backbone and then age, and by folder what is wrong with the others."""
    found: list[Version] = []
    broken: dict[Path, FuseboardError] = {}
    for path in sorted((root / "embeddings").glob(f"*/*/{manifests.FILE}")):
        try:
            found.append(Version(path.parent, manifests.read(path.parent)))
        except FuseboardError as error:
            broken[path.parent] = error
    return sorted(found, key=lambda v: (v.manifest.backbone, v.manifest.created, v.manifest.fingerprint)), broken
