"""The engine: fits the subsets that nobody has fitted yet, and keeps them as they come."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import polars as pl

from fuseboard.harness import classifiers
from fuseboard.harness.classifiers import fusion
from fuseboard.harness.classifiers.classifier import Classifier
from fuseboard.harness.classifiers.fusion import Subset
from fuseboard.harness.protocols import own
from fuseboard.harness.protocols.protocol import Protocol
from fuseboard.harness.runtime import cluster, executor
from fuseboard.harness.runtime.device import side_by_side
from fuseboard.harness.search import cost_estimate, faster_trees, orders, preconditions
from fuseboard.harness.search.fit import fit
from fuseboard.harness.search.kept_together import kept_together
from fuseboard.harness.search.pool import Pool, gather
from fuseboard.harness.search.result_rows import Circumstances, results_of
from fuseboard.harness.search.row_identity import Recipe
from fuseboard.harness.search.soft_vote import votes
from fuseboard.harness.search.strategies.strategy import FULL, Scores, SearchView, Strategy
from fuseboard.store.embeddings.join import Blocks
from fuseboard.store.embeddings.manifest import SPLITS
from fuseboard.store.files.progress import counting
from fuseboard.store.results import rows as results
from fuseboard.store.results.rows import Result
from fuseboard.store.results.selection import Choice, choose
from fuseboard.store.store import Store


@dataclass
class Search:
    """A search over the subsets of a pool of backbones on one dataset.

    Args:
        store: whose embeddings are read, and where the rows are kept.
        dataset: its embeddings must be there; its images are not needed.
        backbones: names or `name@fingerprint`; all that hold the dataset when empty.
        protocol: classifier, parameters, selection.
        device: `cpu`, `cuda` or `cuda:N`.
        jobs: fits side by side; by default one per core, and on a GPU as many as it sustains.
        address: of a Dask scheduler, to fit there instead.
        yes: more fits than anybody asks for by accident are meant.
        given: the pool itself, whose versions may lie in other stores; `backbones` are not asked then.
        known: other stores, whose rows are known as well; nothing is written to them.
        left_out: backbone -> why somebody left it out of `backbones`, to be told.
    """

    store: Store
    dataset: str
    protocol: Protocol
    backbones: Sequence[str] = ()
    device: str = "cpu"
    jobs: int | None = None
    address: str | None = None
    yes: bool = False
    given: Pool | None = None
    known: tuple[Store, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    fits: int = field(default=0, init=False)
    """Fits done by `run`, those of folds not counted; 0 when everything was known."""
    _only_xgboost: bool = field(default=False, init=False)
    """Whether the faster trees turned out to be others."""
    recipe: Recipe = field(init=False)
    """Identity of the rows that `run` chose from."""

    def __post_init__(self) -> None:
        self.recipe = Recipe(self.protocol)

    def run(self, strategy: Strategy) -> Choice:
        """Fits what the strategy asks for and is not known, and says what the protocol chooses."""
        spent: dict[Recipe, list[Subset]] = {}
        try:
            choice = self._followed(strategy, spent)
        except faster_trees.NotTheSame:
            self._only_xgboost = True
            return self.run(strategy)
        if self.recipe.fusion == fusion.CONCAT:
            self._bring_back_predictions(choice)
        for recipe, subsets in spent.items():
            finalists = choice.finalists & set(subsets) if recipe.fidelity == FULL else set()
            if recipe.fusion != fusion.CONCAT:
                self._keep_predictions(recipe, sorted(finalists))
            losers = {key for s in subsets if s not in finalists for key in recipe.keys(self.pool, s)}
            self.store.compact(recipe.evaluation, self.dataset, losers)
        return choice

    def _followed(self, strategy: Strategy, spent: dict[Recipe, list[Subset]]) -> Choice:
        """Fits what the strategy asks for, adds it to `spent`, and returns the choice."""
        candidates: list[Subset] = []
        plan = strategy(SearchView(self.pool, self.protocol))
        ask = next(plan, None)
        while ask:
            recipe = Recipe(self.protocol, ask.fidelity, ask.fusion)
            if ask.fidelity == FULL:
                candidates = candidates if recipe == self.recipe else []
                candidates += ask.subsets
                self.recipe = recipe
            spent[recipe] = [*spent.get(recipe, []), *ask.subsets]
            self._measure(recipe, ask.subsets)
            try:
                ask = plan.send(self._scores(recipe, ask.subsets))
            except StopIteration:
                break
        choice = choose(self.rows(candidates))
        self._confirm(choice, candidates)
        return choice

    def _confirm(self, choice: Choice, candidates: Sequence[Subset]) -> None:
        """Has XGBoost grow what the choice is told with, and keeps its rows; where they differ, no others are left."""
        quick = faster_trees.unchecked(self.rows(candidates))
        subsets = faster_trees.rests_on(choice, self.rows(choice.singles), quick)
        if subsets:
            kept = self.rows(subsets, scores=True)
            found = [row for rows in self._fitted(self.recipe, subsets) for row in rows]
            same = faster_trees.are_same(found, kept)
            results.remove(self.store.root, self.dataset, (kept if same else quick)["key"].to_list())
            self.store.keep(found)
            if not same:
                raise faster_trees.NotTheSame

    def rows(self, subsets: Sequence[Subset], scores: bool = False, recipe: Recipe | None = None) -> pl.DataFrame:
        """Returns the result rows of some subsets of this search, with their kept predictions when asked for."""
        recipe = recipe or self.recipe
        keys = {key for subset in subsets for key in recipe.keys(self.pool, subset)}
        return self.known_rows(recipe.evaluation, scores).filter(pl.col("key").is_in(list(keys)))

    def known_rows(self, evaluation: str, scores: bool = False) -> pl.DataFrame:
        """Returns every row of an evaluation of this dataset that the stores hold, whatever it was measured with."""
        return results.fold(s.rows(evaluation, self.dataset, scores) for s in (self.store, *self.known))

    @property
    def remarks(self) -> list[str]:
        """What is told beside the choice: which backbones were left out, and whether trees had to be grown again."""
        told = ", ".join(f"{name} ({why})" for name, why in self.left_out.items())
        said = {f"not searched: {told}": bool(told), faster_trees.DIFFERENT: self._only_xgboost}
        return [remark for remark, holds in said.items() if holds]

    @property
    def classifier(self) -> Classifier:
        """The protocol's classifier for this dataset's task."""
        return classifiers.get(self.protocol.classifier)(
            params=Recipe(self.protocol).params,
            task=self.pool.entry.task,
            n_classes=self.pool.entry.n_classes,
            seed=self.protocol.seed,
            device=self.device,
        )

    @property
    def side_by_side(self) -> int:
        """Fits that run at once on this machine."""
        return side_by_side(self.jobs, self.device)

    @cached_property
    def pool(self) -> Pool:
        """The versions searched."""
        return self.given or gather(self.store, self.dataset, self.backbones)

    def _measure(self, recipe: Recipe, subsets: Sequence[Subset]) -> None:
        preconditions.check_fusion(recipe)
        known = set().union(*(s.known_keys(recipe.evaluation, self.dataset) for s in (self.store, *self.known)))
        lacking = [subset for subset in dict.fromkeys(subsets) if not recipe.keys(self.pool, subset) <= known]
        if lacking and recipe.fusion != fusion.CONCAT:
            singles, concat = [(name,) for name in self.pool.versions], replace(recipe, fusion=fusion.CONCAT)
            self._measure(concat, singles)
            self.store.keep(votes(recipe, self.pool, lacking, self.rows(singles, True, concat)))
        elif lacking:
            own.remember(self.store.root, self.protocol)
            self._fit(recipe, lacking, faster=recipe == self.recipe)

    def _bring_back_predictions(self, choice: Choice) -> None:
        """Fits again what a choice among all subsets rests on, and the subset of all, where predictions were dropped.

        A larger pool that was searched first kept those of its own finalists. What a choice among few compares with
        is left as it is: the same subsets have their predictions where all are searched.
        """
        wanted = choice.finalists if choice.measured == choice.possible else {choice.all_backbones} - {()}
        lacking = self._without_predictions(self.recipe, sorted(wanted))
        if lacking:
            self._fit(self.recipe, lacking)

    def _keep_predictions(self, recipe: Recipe, finalists: Sequence[Subset]) -> None:
        """Keeps the predictions of votes, which are taken for every subset without them."""
        lacking = self._without_predictions(recipe, finalists)
        if lacking:
            singles = self.rows([(name,) for name in self.pool.versions], True, replace(recipe, fusion=fusion.CONCAT))
            self.store.keep(votes(recipe, self.pool, lacking, singles, scores=True))

    def _without_predictions(self, recipe: Recipe, subsets: Sequence[Subset]) -> list[Subset]:
        rows = self.rows(subsets, True, recipe).filter(pl.col("scores").is_null(), pl.col("split") != "cv")
        return sorted({tuple(subset) for subset in rows["subset"].to_list()})

    def _fit(self, recipe: Recipe, subsets: Sequence[Subset], faster: bool = False) -> None:
        with kept_together(self.store) as keep:
            for rows in self._fitted(recipe, subsets, faster):
                keep(rows)
                self.fits += 1

    def _fitted(self, recipe: Recipe, subsets: Sequence[Subset], faster: bool = False) -> Iterator[list[Result]]:
        """Fits subsets side by side, the widest first so that no core waits for a late giant; `faster` where it may."""
        ordered = sorted(subsets, key=self.pool.features, reverse=True)
        blocks: dict[str, Blocks] = {split: self.pool.all_blocks(split) for split in SPLITS}
        preconditions.check(self.pool, recipe, blocks)
        labels = np.concatenate([blocks["train"].labels, blocks["val"].labels])
        order = orders.order(recipe, self.classifier, blocks)
        if faster and not self._only_xgboost:
            order = faster_trees.sooner(order, ordered, blocks)
        if not self.yes:
            cost_estimate.check(order, labels, blocks, ordered, self.side_by_side)
        jobs = ((order, labels, *(blocks[s].features[name] for s in SPLITS for name in subset)) for subset in ordered)
        truth = {"val": blocks["val"].labels, "test": blocks["test"].labels, "cv": labels}
        jobs_of_a_process = cluster.threads_of(self.address) if self.address else self.side_by_side
        here = Circumstances(self.pool, recipe, self.device, jobs_of_a_process)
        probe = [str(recipe.fidelity)] if recipe.fidelity != FULL else []
        title = [self.dataset, self.protocol.name, f"{len(self.pool.versions)} backbones", *probe]
        with counting(" · ".join(title), len(ordered)) as advance:
            for number, outcome in executor.run(fit, jobs, self.side_by_side, self.address):
                yield results_of(here, ordered[number], outcome, truth, order.folds)
                advance(1)

    def _scores(self, recipe: Recipe, subsets: Sequence[Subset]) -> Scores:
        criterion = recipe.criterion
        rows = self.rows(subsets, recipe=recipe).filter(pl.col("split") == criterion.split)
        return {tuple(subset): score for subset, score in rows.select("subset", score=criterion.score).iter_rows()}
