"""The baseline pool: the backbones of the store that a submission is compared with on one dataset."""

from dataclasses import dataclass

from fuseboard.store.embeddings.manifest import SPLITS
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError
from fuseboard.store.store import Store


@dataclass(frozen=True)
class BaselinePool:
    """What the submission is compared with."""

    versions: dict[str, Version]
    """Backbone -> version, in alphabetical order; the submission itself is not in it."""
    earlier: Version | None
    """The stored version of the submission's own backbone, which the submission would replace."""
    remarks: tuple[str, ...]
    """Which version of the dataset is left out, and why."""


def baseline_pool(store: Store, dataset: str, submitted: Version) -> BaselinePool:
    """Every backbone with the same images of the dataset, one version each.

    Of several versions it is the one that the shipped card makes, else the newest.

    Args:
        store: the store.
        dataset: of the submission, with all three splits.
        submitted: the submission, wherever it lies.

    Raises:
        FuseboardError: the store holds other vectors under the submission's name and fingerprint.
    """
    remarks = [f"{folder.parent.name}: left out, its manifest cannot be read" for folder in store.broken_versions]
    fitting: dict[str, list[Version]] = {}
    for version in store.versions:
        if dataset not in version.manifest.datasets:
            continue
        if version.spec == submitted.spec:
            _require_same_vectors(dataset, version, submitted)
        elif reason := _unlike(dataset, version, submitted):
            remarks.append(f"{version.spec}: left out, {reason}")
        else:
            fitting.setdefault(version.manifest.backbone, []).append(version)
    one_each = {name: store.current.version(own) for name, own in sorted(fitting.items())}
    return BaselinePool(one_each, one_each.get(submitted.manifest.backbone), tuple(remarks))


def _unlike(dataset: str, version: Version, submitted: Version) -> str | None:
    """Why rows of the two cannot be compared, or None."""
    own, other = version.manifest.datasets[dataset], submitted.manifest.datasets[dataset]
    if missing := [split for split in SPLITS if split not in own.splits]:
        return f"it has no {' and no '.join(missing)} split of {dataset}"
    if own.source_md5 != other.source_md5:
        return f"it embedded another source file of {dataset}"
    if any(own.splits[split].numbering != other.splits[split].numbering for split in SPLITS):
        return f"its row order of {dataset} is unknown"
    return None


def _require_same_vectors(dataset: str, version: Version, submitted: Version) -> None:
    """Raises where the store has other vectors, because they would be given the rows of one another: by fingerprint."""
    for split, part in submitted.manifest.datasets[dataset].splits.items():
        there = version.manifest.datasets[dataset].splits.get(split)
        if there is not None and there.shards != part.shards:
            raise FuseboardError(
                f"{submitted.spec}: the store holds other vectors of {dataset} {split} under this fingerprint; "
                "whatever changes the vectors belongs on the card, which then has a fingerprint of its own"
            )
