"""What a strategy may know of a search: the pool and the protocol, but no label of validation or test."""

from collections.abc import Sequence
from dataclasses import dataclass

from fuseboard.harness.classifiers.fusion import Subset
from fuseboard.harness.protocols.protocol import Protocol
from fuseboard.harness.search.pool import Pool
from fuseboard.store.embeddings.join import Blocks

DEFAULT_BINS = 256
"""XGBoost's own, where the protocol names none."""


@dataclass(frozen=True)
class SearchSetting:
    """The `Setting` of a search over a pool under a protocol."""

    pool: Pool
    protocol: Protocol

    @property
    def backbones(self) -> Sequence[str]:
        """In alphabetical order."""
        return list(self.pool.versions)

    @property
    def task(self) -> str:
        """MedMNIST's name of the task."""
        return self.pool.entry.task

    @property
    def n_classes(self) -> int:
        """Classes, or labels of a multi-label task."""
        return self.pool.entry.n_classes

    @property
    def trees(self) -> int:
        """Of a fit at full fidelity."""
        return self.protocol.params.n_estimators

    @property
    def bins(self) -> int:
        """Per feature, of a fit at full fidelity."""
        return self.protocol.params.max_bin or DEFAULT_BINS

    def features(self, subset: Subset) -> int:
        """Width of a subset."""
        return self.pool.features(subset)

    def train(self) -> Blocks:
        """The training blocks of all backbones."""
        return self.pool.all_blocks("train")
