"""Truth: the labels of images, from any version in the store that holds them."""

from collections.abc import Mapping, Sequence
from typing import Any

from fuseboard.store.arrays import Labels
from fuseboard.store.embeddings import block, corruptions
from fuseboard.store.embeddings.manifest import SPLITS
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError

CORRUPTED = "-c"
"""How the name of a corrupted set ends."""

Images = tuple[str, str, str, str]
"""Dataset, MD5 of its source, split, and what the ids number: `official`, or an import whose row order nobody knows."""


def images_of(versions: Sequence[Version], row: Mapping[str, Any]) -> Images:
    """The images that a result row predicted; those of a condition of a corrupted set are the clean test images.

    Args:
        versions: of the store that has the row.
        row: with `dataset`, `source_md5`, `split`, `subset` and `fingerprints`.

    Raises:
        FuseboardError: no version holds the corrupted set together with the clean one.
    """
    dataset, source_md5, split = row["dataset"], row["source_md5"], row["split"]
    if split not in SPLITS:
        clean = dataset.removesuffix(CORRUPTED)
        for held in (version.manifest.datasets for version in versions):
            if clean in held and dataset in held and held[dataset].source_md5 == source_md5:
                return clean, held[clean].source_md5, corruptions.SPLIT, "official"
        raise FuseboardError(
            f"no version in the store holds {clean} beside this {dataset}, whose labels are the same; "
            f"extract or pull {clean} with a backbone of the row"
        )
    specs = {f"{name}@{own}" for name, own in zip(row["subset"], row["fingerprints"], strict=True)}
    held_by = (v.manifest.datasets[dataset] for v in versions if v.spec in specs and dataset in v.manifest.datasets)
    numbering = next((entry.splits[split].numbering for entry in held_by if split in entry.splits), "official")
    return dataset, source_md5, split, numbering


def truth(versions: Sequence[Version], dataset: str, source_md5: str, split: str, numbering: str) -> tuple[str, Labels]:
    """Task and labels of a split, by ascending id: they belong to the images, so any version of them will do.

    Args:
        versions: of a store.
        dataset: whose labels.
        source_md5: of the images; a dataset's later edition may have other labels.
        split: of the dataset.
        numbering: `official`, or the import whose row order nobody knows.

    Raises:
        FuseboardError: no version holds these images, or what holds them is damaged.
    """
    holding = [
        v
        for v in versions
        if (entry := v.manifest.datasets.get(dataset)) is not None
        and entry.source_md5 == source_md5
        and split in entry.splits
        and entry.splits[split].numbering == numbering
    ]
    broken: FuseboardError | None = None
    for version in sorted(holding, key=lambda v: v.manifest.dim):  # its shards are hashed: the narrowest first
        try:
            labels = block.read(version, dataset, split, vectors=False).labels
        except FuseboardError as error:
            broken = broken or error
            continue
        return version.manifest.datasets[dataset].task, labels
    raise broken or FuseboardError(
        f"no embeddings of {dataset} {split} with the same images are in the store, and labels come with them; "
        f"extract or pull {dataset} with any backbone"
    )
