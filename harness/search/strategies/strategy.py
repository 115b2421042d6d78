"""What a strategy is: it asks for subsets, is sent their scores, and may then ask for more.

A strategy is a file of this folder with a function `plan`. It is a generator: it yields an `Ask`, is sent the scores
once all of it is measured, and so a greedy one and an exhaustive one are written alike. Only what it asked for at full
fidelity, and by the fusion that it asked for last, can be chosen.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from fuseboard.harness.classifiers.fusion import CONCAT, Subset
from fuseboard.store.embeddings.join import Blocks


@dataclass(frozen=True)
class Fidelity:
    """How much of a fit is spent; None is what the protocol says."""

    trees: int | None = None
    bins: int | None = None
    rows: float | None = None
    """Share of the training rows, stratified and fixed by the protocol's seed."""

    def __str__(self) -> str:
        said = {"trees": self.trees, "bins": self.bins, "of the rows": self.rows}
        return ", ".join(f"{value} {name}" for name, value in said.items() if value is not None)


FULL = Fidelity()


@dataclass(frozen=True)
class Ask:
    """Subsets to measure at one fidelity."""

    subsets: Sequence[Subset]
    fidelity: Fidelity = FULL
    fusion: str = CONCAT
    """`concat`; `soft-vote`, the mean of what the single backbones' classifiers say, which needs K fits for all; or
    `weighted-vote`, whose weights are chosen on validation."""


Scores = Mapping[Subset, float | None]
"""By the protocol's selection criterion, higher is better; None where it does not exist."""

Plan = Generator[Ask, Scores, None]


class Setting(Protocol):
    """What a strategy may know: everything but the labels of validation and test."""

    @property
    def backbones(self) -> Sequence[str]:
        """In alphabetical order."""

    @property
    def task(self) -> str:
        """MedMNIST's name of the task."""

    @property
    def n_classes(self) -> int:
        """Classes, or labels of a multi-label task."""

    @property
    def trees(self) -> int:
        """Of a fit at full fidelity."""

    @property
    def bins(self) -> int:
        """Per feature, of a fit at full fidelity."""

    def features(self, subset: Subset) -> int:
        """Width of a subset."""

    def train(self) -> Blocks:
        """The training blocks of all backbones, loaded once."""


Strategy = Callable[[Setting], Plan]
