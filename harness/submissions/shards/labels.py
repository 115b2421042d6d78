"""The labels that a submission's must be equal to: of the store's backbones, else of the dataset itself."""

from pathlib import Path

from fuseboard.harness.datasets import registry
from fuseboard.harness.datasets.registry import FIRST
from fuseboard.store.arrays import Labels
from fuseboard.store.embeddings import labels
from fuseboard.store.embeddings.manifest import Manifest
from fuseboard.store.errors import FuseboardError
from fuseboard.store.store import Store


def of(root: Path, said: Manifest, dataset: str, split: str) -> tuple[Labels | None, str]:
    """(N,) or (N, L) by ascending id with who says so, or None with the reason why nobody does. Nothing is downloaded.

    Versions of the submission's own backbone are not asked: the store may hold them because the submitter made them.

    Args:
        root: the store.
        said: the submitted manifest.
        dataset: of it.
        split: of the dataset.
    """
    entry = said.datasets[dataset]
    others = [v for v in Store(root).readable_versions if v.manifest.backbone != said.backbone]
    try:
        _, found = labels.truth(others, dataset, entry.source_md5, split, "official")
        return found, "the store's other backbones"
    except FuseboardError:
        pass
    limited = FIRST.fullmatch(dataset)
    if (limited[1] if limited else dataset).removesuffix("-c") not in registry.names():  # never a path
        return None, "neither the store nor a dataset known here has them"
    try:
        known = registry.get(dataset)
        if not known.at_hand:
            return None, "no other backbone of it is in the store, and its images are not on this machine"
        return (known.labels(split), "the dataset") if split in known.splits else (None, f"it has no {split} split")
    except (FuseboardError, ModuleNotFoundError) as error:
        return None, str(error)
