"""The present: the backbones of the store that a submission meets on one dataset."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fuseboard.harness.backbones import registry
from fuseboard.store.embeddings import versions
from fuseboard.store.embeddings.manifest import SPLITS
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError


@dataclass(frozen=True)
class Present:
    """What the submission is held against."""

    versions: dict[str, Version]
    """Backbone -> version, in alphabetical order; the submission itself is not in it."""
    earlier: Version | None
    """Of the submission's own backbone, which the submission would replace."""
    remarks: tuple[str, ...]
    """Who holds the dataset and is left out, and why."""


def present(root: Path, dataset: str, submitted: Version) -> Present:
    """Every backbone with the same images of the dataset, one version each.

    Of several versions the one that the shipped card makes is present, else the newest.

    Args:
        root: the store.
        dataset: of the submission, with all three splits.
        submitted: the submission, wherever it lies.

    Raises:
        FuseboardError: the store holds other vectors under the submission's name and fingerprint.
    """
    found, broken = versions.survey(root)
    remarks = [f"{folder.parent.name}: left out, its manifest cannot be read" for folder in sorted(broken)]
    fitting: dict[str, list[Version]] = {}
    for version in found:
        if dataset not in version.manifest.datasets:
            continue
        if version.spec == submitted.spec:
            _same_vectors(dataset, version, submitted)
        elif reason := _unlike(dataset, version, submitted):
            remarks.append(f"{version.spec}: left out, {reason}")
        else:
            fitting.setdefault(version.manifest.backbone, []).append(version)
    one_each = {name: _current(own, registry.fingerprints()) for name, own in sorted(fitting.items())}
    return Present(one_each, one_each.get(submitted.manifest.backbone), tuple(remarks))


def _current(own: list[Version], made_by_card: Mapping[str, str]) -> Version:
    by_card = [v for v in own if v.manifest.fingerprint == made_by_card.get(v.manifest.backbone)]
    return (by_card or own)[-1]  # `survey` gives the newest last


def _unlike(dataset: str, version: Version, submitted: Version) -> str | None:
    """Why rows of the two cannot be compared, or None."""
    own, other = version.manifest.datasets[dataset], submitted.manifest.datasets[dataset]
    if lacking := [split for split in SPLITS if split not in own.splits]:
        return f"it has no {' and no '.join(lacking)} split of {dataset}"
    if own.source_md5 != other.source_md5:
        return f"it embedded another source file of {dataset}"
    if any(own.splits[split].numbering != other.splits[split].numbering for split in SPLITS):
        return f"its row order of {dataset} is unknown"
    return None


def _same_vectors(dataset: str, version: Version, submitted: Version) -> None:
    """Rows are known by fingerprints: other vectors under one would be given the rows of somebody else's."""
    for split, part in submitted.manifest.datasets[dataset].splits.items():
        there = version.manifest.datasets[dataset].splits.get(split)
        if there is not None and there.shards != part.shards:
            raise FuseboardError(
                f"{submitted.spec}: the store holds other vectors of {dataset} {split} under this fingerprint; "
                "whatever changes the vectors belongs on the card, which then has a fingerprint of its own"
            )
