"""The pool: the backbones of a search, each in one version, on one dataset."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.classifiers.fusion import Subset
from fuseboard.store.embeddings import block
from fuseboard.store.embeddings.join import Blocks, join
from fuseboard.store.embeddings.manifest import SPLITS, DatasetEntry
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.store import Store


@dataclass(frozen=True)
class Pool:
    """What subsets are drawn from; every backbone has all three splits, made from the same source file."""

    dataset: str
    versions: dict[str, Version]
    """Backbone -> version, in alphabetical order."""
    _loaded: dict[str, Blocks] = field(default_factory=dict, repr=False)

    @property
    def entry(self) -> DatasetEntry:
        """The dataset's facts, which all versions share."""
        return next(iter(self.versions.values())).manifest.datasets[self.dataset]

    def fingerprints(self, subset: Subset) -> tuple[str, ...]:
        """Returns the fingerprints of the versions of a subset, in its order."""
        return tuple(self.versions[name].manifest.fingerprint for name in subset)

    def features(self, subset: Subset) -> int:
        """Returns how many numbers a subset's joined blocks have per image."""
        return sum(self.versions[name].manifest.dim for name in subset)

    def blocks(self, split: str, subset: Sequence[str]) -> Blocks:
        """Returns the blocks of some backbones."""
        return join(self.dataset, split, [self.versions[name] for name in subset])

    def all_blocks(self, split: str) -> Blocks:
        """Returns the blocks of every backbone, read once in the life of the pool; nobody may write to them."""
        if split not in self._loaded:
            self._loaded[split] = self.blocks(split, list(self.versions))
        return self._loaded[split]

    def labels(self, split: str) -> NDArray[np.integer[Any]]:
        """Returns the labels of a split by ascending id, which is the order of every row's predictions."""
        return block.read(next(iter(self.versions.values())), self.dataset, split, vectors=False).labels


def gather(store: Store, dataset: str, backbones: Sequence[str]) -> Pool:
    """Finds the versions to search.

    Args:
        store: where they lie.
        dataset: whose embeddings must be there.
        backbones: names or `name@fingerprint`; all that hold the dataset when empty. Where the store holds several
            versions of a name, the one that its present card makes is meant, if the store was opened with the cards.
    """
    versions = store.versions_of(dataset, backbones)
    for version in versions.values():
        for split in SPLITS:
            version.manifest.entry(dataset, split)
    return Pool(dataset, versions)
