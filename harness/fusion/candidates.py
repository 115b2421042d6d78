"""Candidates: the subsets that a search strategy asks for, fitted on training and scored on the held-out images."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.classifiers.fusion import CONCAT, SOFT_VOTE, Subset
from fuseboard.harness.classifiers.heads import Gram, gram
from fuseboard.harness.classifiers.tasks import REGRESSION
from fuseboard.harness.fusion.learner import TREES, Learner, Part
from fuseboard.harness.fusion.model import Member, raw_scores
from fuseboard.harness.fusion.utilities import Metric, utilities
from fuseboard.harness.search import strategies
from fuseboard.harness.search.strategies.strategy import DEFAULT_BINS, FULL, Ask, SearchView
from fuseboard.store.embeddings import join
from fuseboard.store.errors import UsageError
from fuseboard.store.results import selection

FEW = 1_500
"""Training rows up to which the products of every backbone's rows are kept, 18 MB each, for all subsets to add up."""


@dataclass
class Candidates:
    """The subsets that a strategy asks for, fitted on training and scored on the held-out images.

    Args:
        learner: of the heads.
        train: what is learned from.
        validation: the held-out images.
        metric: what a strategy chooses by.
        tie_break: what decides among equals, as protocols name it.
        budget: fits at most; None for as many as the strategy asks for.
    """

    learner: Learner
    train: Part
    validation: Part
    metric: Metric
    tie_break: Sequence[str]
    budget: int | None = None
    scores: dict[Subset, NDArray[np.float32]] = field(default_factory=dict)
    """Subset -> (N, C), fused as the strategy asked last."""
    members: dict[Subset, Member] = field(default_factory=dict)
    """Those of single backbones and of all, which votes and comparisons need; others are fitted again if chosen."""
    fusion: str = CONCAT
    fits: int = 0
    spent: bool = False
    """Whether the budget ended the search."""
    _grams: dict[str, Gram] | None = None

    def __post_init__(self) -> None:
        linear = self.learner.kind != TREES
        if linear and self.train.rows <= min(FEW, sum(block.shape[1] for block in self.train.blocks.values())):
            held = self.validation.blocks
            self._grams = {name: gram(block, held[name]) for name, block in self.train.blocks.items()}

    @property
    def backbones(self) -> Subset:
        """All of them, in alphabetical order."""
        return tuple(sorted(self.train.blocks))

    def run(self, strategy: str) -> list[Subset]:
        """Does what a strategy asks for, and returns the subsets that it may choose, the preferred first."""
        view = View(self)
        plan = strategies.get(strategy)(view)
        asked: list[Subset] = []
        ask = next(plan, None)
        while ask:
            scores = self._measure(ask)
            if ask.fidelity == FULL:
                asked = [*(asked if ask.fusion == self.fusion else []), *ask.subsets]
                self.fusion = ask.fusion
            try:
                ask = plan.send(scores)
            except StopIteration:
                break
        measured = {subset: self.score(subset) for subset in dict.fromkeys(asked) if subset in self.scores}
        if not measured:
            raise UsageError(f"budget = {self.budget}: strategy {strategy} fitted no subset whole; allow more fits")
        return view.ranked(measured)

    def single(self, name: str) -> Member:
        """Returns the head of one backbone."""
        return self._member((name,))

    def chosen(self, subset: Subset) -> tuple[Member, ...]:
        """Returns the members of a subset, fused as the strategy asked for."""
        if self.fusion == SOFT_VOTE:
            return tuple(self.single(name) for name in subset)
        return (self._member(subset),)

    def measure(self, subset: Subset) -> None:
        """Scores a subset by concatenation, though no strategy asked for it: singles, and all backbones."""
        if subset not in self.scores:
            self.scores[subset] = self._predict((self._member(subset),))

    def score(self, subset: Subset) -> float:
        """Returns the mean that the strategy chooses by, higher is better."""
        return float(self.utilities(subset).mean())

    def utilities(self, subset: Subset, metric: Metric | None = None) -> NDArray[np.float64]:
        """Returns the (N,) numbers whose mean is a subset's score."""
        return utilities(self.learner.task, metric or self.metric, self.validation.labels, self.scores[subset])

    def _measure(self, ask: Ask) -> dict[Subset, float | None]:
        if ask.fusion not in (CONCAT, SOFT_VOTE):
            raise UsageError("strategy ensemble weighs votes, which a model has no place for; take late, or another")
        found: dict[Subset, float | None] = {}
        for subset in dict.fromkeys(ask.subsets):
            if self._is_spent(subset, ask):
                self.spent = True
                found[subset] = None
                continue
            if ask.fusion == SOFT_VOTE:
                scores = self._predict(tuple(self.single(name) for name in subset))
            elif ask.fidelity == FULL:
                scores = self._predict((self._member(subset),))
            else:
                self.fits += 1
                scores = self._predict((self.learner.fit(self.train, self.validation, subset, ask.fidelity),))
            if ask.fidelity == FULL:
                self.scores[subset] = scores
            found[subset] = float(utilities(self.learner.task, self.metric, self.validation.labels, scores).mean())
        return found

    def _is_spent(self, subset: Subset, ask: Ask) -> bool:
        if self.budget is None:
            return False
        names = [(name,) for name in subset] if ask.fusion == SOFT_VOTE else [subset]
        return self.fits + sum(name not in self.members for name in names) > self.budget

    def _member(self, subset: Subset) -> Member:
        if subset in self.members:
            return self.members[subset]
        self.fits += 1
        member = self.learner.fit(self.train, self.validation, subset, grams=self._grams)
        if len(subset) == 1 or subset == self.backbones:
            self.members[subset] = member
        return member

    def _predict(self, members: tuple[Member, ...]) -> NDArray[np.float32]:
        return raw_scores(self.learner.task, members, self.validation.blocks)


class View(SearchView):
    """What a strategy may know: everything but the held-out labels."""

    def __init__(self, candidates: Candidates) -> None:
        object.__setattr__(self, "_of", candidates)

    _of: Candidates

    @property
    def backbones(self) -> Sequence[str]:
        """The backbones, in alphabetical order."""
        return list(self._of.backbones)

    @property
    def task(self) -> str:
        """MedMNIST's name of the task."""
        if self._of.learner.task == REGRESSION:
            raise UsageError("this strategy ranks by classes, of which a regression has none; take another")
        return self._of.learner.task

    @property
    def n_classes(self) -> int:
        """Number of classes, or of labels."""
        return self._of.learner.n_classes

    @property
    def trees(self) -> int:
        """The trees of a whole fit; 1 where the head grows none."""
        return int(self._of.learner.params.get("n_estimators", 1))

    @property
    def bins(self) -> int:
        """The bins per feature of a whole fit; 1 where the head has none."""
        return int(self._of.learner.params.get("max_bin") or DEFAULT_BINS) if self.trees > 1 else 1

    @property
    def metric(self) -> str:
        """What subsets are chosen by."""
        return self._of.metric

    def ranked(self, scores: Mapping[Subset, float | None]) -> list[Subset]:
        """Orders subsets as they are preferred, best first; those without a score come last."""
        widths = {name: block.shape[1] for name, block in self._of.train.blocks.items()}
        return selection.ranked(scores, lambda subset: sum(widths[name] for name in subset), self._of.tie_break)

    def train(self) -> join.Blocks:
        """Returns the blocks that are learned from."""
        part = self._of.train
        return join.Blocks("", "train", np.arange(part.rows, dtype=np.uint32), part.labels, dict(part.blocks), {})
