"""Versions: the folders `<root>/embeddings/<backbone>/<fingerprint>/` that hold a manifest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from fuseboard.store.embeddings import manifest as manifests
from fuseboard.store.embeddings.manifest import Manifest, Shard
from fuseboard.store.errors import FuseboardError, UsageError, unknown


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
    """The lock under which a version's manifest, or the shards of one of its datasets, are changed."""
    path = root / "locks" / f"{backbone}-{fingerprint}-{dataset}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(path)


def all_versions(root: Path, backbone: str = "*") -> list[Version]:
    """Every version, of one backbone or of all, by backbone and then age; raises at a manifest that cannot be read."""
    found, broken = survey(root, backbone)
    if broken:
        raise next(iter(broken.values()))
    return found


def survey(root: Path, backbone: str = "*") -> tuple[list[Version], dict[Path, FuseboardError]]:
    """Every version that can be read, by backbone and then age, and by folder what is wrong with the others."""
    found: list[Version] = []
    broken: dict[Path, FuseboardError] = {}
    for path in sorted((root / "embeddings").glob(f"{backbone}/*/{manifests.FILE}")):
        try:
            found.append(Version(path.parent, manifests.read(path.parent)))
        except FuseboardError as error:
            broken[path.parent] = error
    return sorted(found, key=lambda v: (v.manifest.backbone, v.manifest.created, v.manifest.fingerprint)), broken


def find(root: Path, spec: str, dataset: str | None = None, prefer: Mapping[str, str] | None = None) -> Version:
    """The version that `backbone` or `backbone@fingerprint-prefix` names.

    Args:
        root: the store.
        spec: what to look for.
        dataset: only versions that hold it count, where there are any.
        prefer: backbone -> fingerprint to take when the name alone fits several versions (the card's own).

    Raises:
        FuseboardError: nothing fits, or several do. Never guesses which of two versions was meant.
    """
    name, _, prefix = spec.partition("@")
    versions = all_versions(root, name) if manifests.is_name(name) else []
    if not versions:
        there = {path.parent.parent.name for path in (root / "embeddings").glob(f"*/*/{manifests.FILE}")}
        raise unknown("backbone", name, there, f"the store {root}")
    fitting = [v for v in versions if v.manifest.fingerprint.startswith(prefix)]
    if not fitting:
        raise unknown("version", spec, [v.spec for v in versions], f"the store {root}")
    with_data = [v for v in fitting if dataset is None or dataset in v.manifest.datasets] or fitting
    wanted = [v for v in with_data if v.manifest.fingerprint == (prefer or {}).get(name)]
    if len(with_data) > 1 and not wanted:
        raise FuseboardError(
            f"{name} has {len(with_data)} versions in {root}; name one: {', '.join(v.spec for v in with_data)}"
        )
    return (wanted or with_data)[0]


def together(
    root: Path, dataset: str, specs: Sequence[str] = (), prefer: Mapping[str, str] | None = None
) -> dict[str, Version]:
    """Backbone -> one version each, by name, all with embeddings of the same file of a dataset.

    Args:
        root: the store.
        dataset: whose embeddings must be there.
        specs: names or `name@fingerprint`; all that hold the dataset when empty.
        prefer: as `find` takes it.
    """
    names = list(specs) or sorted({v.manifest.backbone for v in all_versions(root) if dataset in v.manifest.datasets})
    if not names:
        raise FuseboardError(
            f"{root} holds no embeddings of {dataset}; run `fuseboard extract BACKBONE --dataset {dataset}`"
        )
    found = [find(root, spec, dataset, prefer) for spec in names]
    versions = {version.manifest.backbone: version for version in sorted(found, key=lambda v: v.manifest.backbone)}
    if len(versions) < len(found):
        raise UsageError("a backbone is named twice; a subset holds it once")
    sources = {version.manifest.dataset(dataset).source_md5: name for name, version in versions.items()}
    if len(sources) > 1:
        raise FuseboardError(
            f"{' and '.join(sources.values())} embedded different source files of {dataset}; extract both again"
        )
    return versions
