"""The recipe: how a protocol's subsets are measured at some fidelity, and what their rows are called."""

from dataclasses import dataclass
from typing import Any

from fuseboard.harness.classifiers.fusion import CONCAT, Subset
from fuseboard.harness.protocols.protocol import Protocol
from fuseboard.harness.search.pool import Pool
from fuseboard.harness.search.strategies.strategy import FULL, Fidelity
from fuseboard.store.files.hashing import fingerprint
from fuseboard.store.results.evaluations import FUSION, LATE, PROBE
from fuseboard.store.results.rows import Inputs
from fuseboard.store.results.selection import Criterion


@dataclass(frozen=True)
class Recipe:
    """What decides the rows of an ask, but for the subset."""

    protocol: Protocol
    fidelity: Fidelity = FULL
    fusion: str = CONCAT

    @property
    def evaluation(self) -> str:
        """The evaluation under which the rows lie."""
        if self.fidelity != FULL:
            return PROBE.name
        return FUSION.name if self.fusion == CONCAT else LATE.name

    @property
    def criterion(self) -> Criterion:
        """What the protocol chooses by."""
        return Criterion(self.protocol.selection.criterion)

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that are measured; a probe sees no test image, and `cv` is cross-validation over train and val."""
        if self.evaluation == PROBE.name:
            return (self.criterion.split,)
        return tuple(dict.fromkeys(("val", "test", self.criterion.split)))

    @property
    def selection(self) -> tuple[str, ...]:
        """The selection as rows have it: the criterion, then tie-breaks."""
        return (self.criterion.name, *self.protocol.selection.tie_break)

    @property
    def params(self) -> dict[str, Any]:
        """The parameters of the classifier."""
        params = self.protocol.params.model_dump(exclude_none=True)
        spent = {"n_estimators": self.fidelity.trees, "max_bin": self.fidelity.bins}
        return {**params, **{name: value for name, value in spent.items() if value is not None}}

    def inputs(self, pool: Pool, subset: Subset, split: str) -> Inputs:
        """Returns the inputs of one row."""
        return Inputs(
            evaluation=self.evaluation,
            protocol=self.protocol.name,
            protocol_digest=self._digest,
            dataset=pool.dataset,
            source_md5=pool.entry.source_md5,
            split=split,
            subset=subset,
            fingerprints=pool.fingerprints(subset),
            fusion=self.fusion,
            classifier=self.protocol.classifier,
            seed=self.protocol.seed,
        )

    def keys(self, pool: Pool, subset: Subset) -> set[str]:
        """Returns the keys of the rows of a subset."""
        return {self.inputs(pool, subset, split).key for split in self.splits}

    @property
    def _digest(self) -> str:
        if self.fidelity == FULL:
            return self.protocol.digest
        spent = {"trees": self.fidelity.trees, "bins": self.fidelity.bins, "rows": self.fidelity.rows}
        return fingerprint({"protocol": self.protocol.digest, **spent})
