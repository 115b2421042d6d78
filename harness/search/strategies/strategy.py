"""What a strategy is: it asks for subsets, is sent their scores, and may then ask for more.

A strategy is a generator function, registered in this package's `__init__`: it yields an `Ask`, is sent the scores once
all of it is measured, and so a greedy one and an exhaustive one are written alike. Only what it asked for at full
fidelity, and by the fusion that it asked for last, can be chosen.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass

from fuseboard.harness.classifiers.fusion import CONCAT, Subset
from fuseboard.harness.protocols.protocol import Protocol
from fuseboard.harness.search.pool import Pool
from fuseboard.store.embeddings.join import Blocks
from fuseboard.store.results import selection


@dataclass(frozen=True)
class Fidelity:
    """How much of a fit is spent; None is what the protocol says."""

    trees: int | None = None
    bins: int | None = None
    rows: float | None = None
    """Share of the training rows, stratified and fixed by the protocol's seed."""

    def __str__(self) -> str:
        facts = {"trees": self.trees, "bins": self.bins, "of the rows": self.rows}
        return ", ".join(f"{value} {name}" for name, value in facts.items() if value is not None)


FULL = Fidelity()

DEFAULT_BINS = 256
"""Bins of XGBoost where the protocol names none."""


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


@dataclass(frozen=True)
class SearchView:
    """What a strategy may know of a search: everything but the labels of validation and test."""

    _pool: Pool
    _protocol: Protocol

    @property
    def backbones(self) -> Sequence[str]:
        """The backbones of the pool, in alphabetical order."""
        return list(self._pool.versions)

    @property
    def task(self) -> str:
        """MedMNIST's name of the task."""
        return self._pool.entry.task

    @property
    def n_classes(self) -> int:
        """Number of classes, or of labels of a multi-label task."""
        return self._pool.entry.n_classes

    @property
    def trees(self) -> int:
        """The trees of a fit at full fidelity; 1 where the classifier grows none."""
        return getattr(self._protocol.params, "n_estimators", 1)

    @property
    def bins(self) -> int:
        """The bins per feature of a fit at full fidelity; 1 where the classifier has none."""
        return getattr(self._protocol.params, "max_bin", 1) or DEFAULT_BINS

    @property
    def metric(self) -> str:
        """What the protocol chooses by: `acc`, `auc` or `log-loss`."""
        return self._protocol.selection.metric

    def ranked(self, scores: Scores) -> list[Subset]:
        """Orders subsets as the protocol prefers them, best first; those without a score come last."""
        return selection.ranked(scores, self._pool.features, self._protocol.selection.tie_break)

    def train(self) -> Blocks:
        """Returns the training blocks of all backbones, loaded once."""
        return self._pool.all_blocks("train")


Strategy = Callable[[SearchView], Plan]
