"""A variant: one setting of an evaluation, such as `C=0.01` or `512x8`, and what its rows are called."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from fuseboard.harness.classifiers.classifier import Candidate
from fuseboard.harness.classifiers.fusion import Subset
from fuseboard.harness.protocols.protocol import Protocol
from fuseboard.harness.search.pool import Pool
from fuseboard.harness.search.row_identity import Recipe
from fuseboard.store.files.hashing import fingerprint
from fuseboard.store.results.rows import Inputs


@dataclass(frozen=True, kw_only=True)
class Variant(Recipe):
    """A recipe whose rows lie under an evaluation of their own, so that no board of the search ever ranks them."""

    under: str
    """The evaluation."""
    name: str
    """The name among the variants of its evaluation, as people read it."""
    classifier: str
    """The name of the classifier in rows."""
    setting: Mapping[str, Any]
    """Everything else that decides the numbers; it is part of the rows' key."""
    own_params: Mapping[str, Any] | None = None
    """The parameters of the classifier, where they are not the protocol's own."""

    @classmethod
    def of(cls, protocol: Protocol, under: str, classifier: str, candidate: Candidate) -> Self:
        """Makes the variant of one setting of a classifier."""
        return cls(
            protocol=protocol,
            under=under,
            name=candidate.name,
            classifier=f"{classifier} {candidate.name}".strip(),
            setting=candidate.identity,
            own_params=candidate.params,
        )

    @property
    def evaluation(self) -> str:
        """The evaluation under which its rows lie."""
        return self.under

    @property
    def params(self) -> dict[str, Any]:
        """The parameters of the classifier."""
        return super().params if self.own_params is None else dict(self.own_params)

    @property
    def digest(self) -> str:
        """The protocol digest of its rows, in which the setting is."""
        return fingerprint({"protocol": self.protocol.digest, **self.setting})

    def inputs(self, pool: Pool, subset: Subset, split: str) -> Inputs:
        """Returns the inputs of one row."""
        own = {"protocol_digest": self.digest, "classifier": self.classifier}
        return super().inputs(pool, subset, split).model_copy(update=own)
