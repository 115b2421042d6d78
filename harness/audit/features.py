"""The features: what the backbones of a store say of the audited images."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.audit.images import AuditedImages
from fuseboard.store.embeddings import block, private, random_weights
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError
from fuseboard.store.store import Store

SEVERAL = 2
"""Backbones at least: what one alone says of an image may be a fault of its own."""


@dataclass(frozen=True)
class Features:
    """Trained backbones that have embedded every audited image."""

    images: AuditedImages
    versions: Mapping[str, Version]
    left_out: Sequence[str]
    """A line for every backbone that has not, or of other images."""

    @property
    def backbones(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(self.versions)

    @property
    def majority(self) -> int:
        """How many have to agree: more than half of them, and two at least."""
        return max(SEVERAL, len(self.versions) // 2 + 1)

    def read(self, backbone: str) -> NDArray[np.float32]:
        """Returns the vectors (N, D) of one backbone, row by row those of the images; every shard is verified."""
        dataset = self.images.dataset
        parts = [block.read(self.versions[backbone], dataset.name, split).matrix for split in dataset.splits]
        return np.concatenate(parts)


def find(images: AuditedImages, store: Store) -> Features:
    """Finds the backbones.

    Raises:
        FuseboardError: fewer than two; the message says what to run.
    """
    dataset = images.dataset
    known: dict[str, Version] = {}
    left_out: list[str] = []
    for name, version in store.versions_of(dataset.name).items():
        if random_weights.trained(name) is not None or private.is_metadata(version.manifest):
            continue
        if why := _lacks(version, images):
            left_out.append(f"{name} is left out: {why}")
        else:
            known[name] = version
    if len(known) < SEVERAL:
        why = f" ({'; '.join(left_out)})" if left_out else ""
        raise FuseboardError(
            f"{store.root} holds embeddings of these images by {len(known)} backbone{'s' * (len(known) != 1)}, two at "
            f"least are needed{why}; run `fuseboard extract BACKBONE BACKBONE --dataset {dataset.name}`"
        )
    return Features(images, known, left_out)


def _lacks(version: Version, images: AuditedImages) -> str:
    """Returns why a version says nothing of the audited images; empty where it does."""
    dataset = images.dataset
    entry = version.manifest.datasets[dataset.name]
    if entry.source_md5 != dataset.source_md5:
        return f"it embedded other images (source MD5 {entry.source_md5}, not {dataset.source_md5})"
    for split in dataset.splits:
        of = entry.splits.get(split)
        rows = int((images.splits == split).sum())
        if of is None or of.rows != rows:
            return f"of {split} it has {of.rows if of else 0:,} of {rows:,} images"
        if of.numbering != "official":
            return f"the order of its rows of {split} is not known"
    return ""
