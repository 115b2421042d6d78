"""How the fits of a tuning are measured, and what their rows are called."""

from dataclasses import dataclass, field

from fuseboard.harness.classifiers.fusion import Subset
from fuseboard.harness.protocols.protocol import Protocol
from fuseboard.harness.search.pool import Pool
from fuseboard.harness.search.row_identity import Recipe
from fuseboard.store.results.evaluations import TUNED, TUNING
from fuseboard.store.results.rows import Inputs


@dataclass(frozen=True)
class Trial(Recipe):
    """One fit; `protocol` has the parameters that are tried, so its digest and a row's key hold them."""

    @property
    def evaluation(self) -> str:
        """The evaluation under which the rows lie."""
        return TUNING.name

    @property
    def splits(self) -> tuple[str, ...]:
        """Where the protocol chooses: no trial sees a test image."""
        return (self.criterion.split,)


@dataclass(frozen=True)
class Final(Recipe):
    """One fit with tuned parameters and one of the tuning's seeds, both of which `protocol` has."""

    rules: Protocol = field(kw_only=True)
    """The protocol as it is, by whose tuning the parameters were found."""
    trials: int = field(kw_only=True)

    @property
    def evaluation(self) -> str:
        """The evaluation under which the rows lie."""
        return TUNED.name

    @property
    def splits(self) -> tuple[str, ...]:
        """What parameters were chosen by, and what is reported."""
        return ("val", "test")

    def inputs(self, pool: Pool, subset: Subset, split: str) -> Inputs:
        """Returns the inputs of one row.

        After another number of trials than the protocol's the rows are of another protocol.
        """
        own = self.rules.tuning and self.rules.tuning.trials == self.trials
        return (
            super()
            .inputs(pool, subset, split)
            .model_copy(
                update={
                    "protocol": self.rules.name if own else f"{self.rules.name}-trials{self.trials}",
                    "protocol_digest": self.rules.tuned_digest(self.trials),
                }
            )
        )
