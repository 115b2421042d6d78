"""Names of versions: which one `backbone`, or `backbone@fingerprint-prefix`, means in a store."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from fuseboard.store.embeddings import derived, private, random_weights
from fuseboard.store.embeddings.current import Current
from fuseboard.store.embeddings.manifest import Manifest
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError, UsageError, unknown
from fuseboard.store.files.damage import DamagedFile

Survey = tuple[list[Version], Mapping[Path, DamagedFile]]
"""The versions of a store that can be read, and by folder what is wrong with the others."""


def named(spec: str, dataset: str | None, survey: Survey, current: Callable[[], Current], root: Path) -> Version:
    """The version that a name means.

    Args:
        spec: what to look for. A name alone means the version of the present card where there are several.
        dataset: only versions that hold it count, where there are any.
        survey: of the store.
        current: says which of several is meant. Called where a name has several.
        root: the store, for errors.

    Raises:
        FuseboardError: nothing fits, or several do, or the manifest of what may be meant cannot be read. Never
            guesses which of two versions was meant.
    """
    name, _, prefix = random_weights.stored(spec).partition("@")
    found, broken = survey
    damaged = [
        error
        for folder, error in broken.items()
        if folder.parent.name == name
        and folder.name.startswith(prefix)
        and (dataset is None or (folder / dataset).is_dir())
    ]
    versions = [v for v in found if v.manifest.backbone == name]
    if damaged and not any(v.manifest.fingerprint.startswith(prefix) for v in versions):
        raise damaged[0]
    if not versions:
        there = {v.manifest.backbone for v in found} | {folder.parent.name for folder in broken}
        raise unknown("backbone", name, there, f"the store {root}")
    fitting = [v for v in versions if v.manifest.fingerprint.startswith(prefix)]
    if not fitting:
        raise unknown("version", spec, [v.spec for v in versions], f"the store {root}")
    with_data = [v for v in fitting if dataset is None or dataset in v.manifest.datasets] or fitting
    if len(with_data) == 1 and not damaged:
        return with_data[0]
    meant = current().version(with_data)
    if not current().is_said(meant) and not private.is_metadata(meant.manifest):  # of tables the last is meant
        if damaged:
            raise damaged[0]
        raise FuseboardError(
            f"{name} has {len(with_data)} versions in {root}; name one: {', '.join(v.spec for v in with_data)}"
        )
    return meant


def holding(dataset: str, versions: Sequence[Version], root: Path) -> list[str]:
    """The backbones that hold a dataset, by name.

    Those with random weights, and versions derived from others, which know nothing that those do not, are meant only
    where they are named.

    Raises:
        FuseboardError: none does.
    """
    names = sorted({v.manifest.backbone for v in versions if dataset in v.manifest.datasets})
    if not names:
        raise FuseboardError(
            f"{root} holds no embeddings of {dataset}; run `fuseboard extract BACKBONE --dataset {dataset}`"
        )
    smaller = {v.manifest.backbone for v in versions if derived.source_of(v.manifest) is not None}
    return [name for name in names if random_weights.trained(name) is None and name not in smaller] or names


def by_backbone(dataset: str, found: Sequence[Version], root: Path) -> dict[str, Version]:
    """Backbone -> its version, by name.

    Args:
        dataset: which all of them hold.
        found: one version per backbone.
        root: the store, whose table of one's own images says which are the present ones.

    Raises:
        FuseboardError: a backbone is there twice, or two embedded different source files of the dataset.
    """
    versions = {version.manifest.backbone: version for version in sorted(found, key=lambda v: v.manifest.backbone)}
    if len(versions) < len(found):
        raise UsageError("a backbone is named twice; a subset holds it once")
    sources = {name: version.manifest.dataset(dataset).source_md5 for name, version in versions.items()}
    if len(set(sources.values())) > 1:
        from fuseboard.store.embeddings import image_table  # with Polars

        names = list({source: name for name, source in sources.items()}.values())
        table = next(image_table.every(root, dataset), None)
        present = table[image_table.SOURCE][0] if table is not None and image_table.SOURCE in table.columns else None
        behind = [name for name, source in sources.items() if source != present]
        if present is None or len(behind) == len(sources):
            raise FuseboardError(
                f"{_listed(names)} embedded different source files of {dataset}; extract it again with each"
            )
        mends = _mends([versions[name].manifest for name in behind], dataset)
        raise FuseboardError(
            f"{_listed(behind)} {'have' if len(behind) > 1 else 'has'} earlier images of {dataset}; {'; '.join(mends)}"
        )
    return versions


def _mends(behind: Sequence[Manifest], dataset: str) -> list[str]:
    """What brings versions to the present images."""
    tables = [one.backbone for one in behind if private.is_metadata(one)]
    smaller = {one.backbone: origin[0] for one in behind if (origin := derived.source_of(one)) is not None}
    networks = [one.backbone for one in behind if one.backbone not in {*tables, *smaller}]
    extract = f"`fuseboard extract {' '.join(networks)} --dataset PATH`, with the path of {dataset}, embeds what is new"
    return [
        *([extract] if networks else []),
        *(f"`fuseboard store derive {of} -d {dataset}` then makes {name} again" for name, of in smaller.items()),
        *(f"`fuseboard store import-metadata -d PATH --name {name}` takes the table again" for name in tables),
    ]


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
