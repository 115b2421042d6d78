"""An exposure: the clean test images, or one condition of their twin, that classifiers of clean images are put to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy import float32
from numpy.typing import NDArray

from fuseboard.harness.classifiers.fusion import Subset
from fuseboard.harness.evaluations.robustness.corrupted_test_set import Twin
from fuseboard.harness.search.pool import Pool
from fuseboard.harness.search.row_identity import Recipe
from fuseboard.store.embeddings.corruptions import SPLIT, Condition
from fuseboard.store.results.corruption_errors import CLEAN, learned_from
from fuseboard.store.results.rows import Inputs


@dataclass(frozen=True, kw_only=True)
class Exposure(Recipe):
    """How the rows of an exposure are called; one row per subset."""

    under: str
    """The evaluation."""
    twin: Twin
    condition: Condition | None = None
    """None for the clean test images."""

    @property
    def evaluation(self) -> str:
        """The evaluation under which the rows lie."""
        return self.under

    @property
    def split(self) -> str:
        """Returns the condition as rows name it: `clean`, or `pixelate-3`."""
        return self.condition.split if self.condition else CLEAN

    @property
    def splits(self) -> tuple[str, ...]:
        """The one that is measured."""
        return (self.split,)

    def inputs(self, pool: Pool, subset: Subset, split: str) -> Inputs:
        """Returns the inputs of one row.

        The corrupted set's MD5 is made from that of the clean images, so it names what was learned from too.
        """
        learned = super().inputs(pool, subset, split)
        own: dict[str, Any] = {"dataset": self.twin.dataset, "source_md5": self.twin.source_md5}
        seen = tuple(self.twin.versions[name].manifest.fingerprint for name in subset)
        if self.condition and seen != learned.fingerprints:  # then the classifier's versions have to decide the key too
            digest = learned_from(learned.protocol_digest, learned.fingerprints)
            own |= {"fingerprints": seen, "protocol_digest": digest}
        return learned.model_copy(update=own)

    def blocks(self, names: Sequence[str]) -> Mapping[str, NDArray[float32]]:
        """Returns Backbone -> (N, D), row by row the clean test images; no other condition is read."""
        if self.condition is None:
            return self.twin.pool.all_blocks(SPLIT).features
        return self.twin.read(self.condition, names)
