"""The tuner: trials and final fits of subsets that are chosen already, each done once and kept as rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from fuseboard.harness.classifiers.fusion import Subset
from fuseboard.harness.evaluations.tuning.fitter import Fitter
from fuseboard.harness.evaluations.tuning.recipes import Final, Trial
from fuseboard.harness.evaluations.tuning.study import Found, Params, Study
from fuseboard.harness.protocols.tuning import Tuning
from fuseboard.harness.runtime import executor
from fuseboard.harness.search.fit import fit
from fuseboard.harness.search.row_identity import Recipe
from fuseboard.harness.search.search import Search
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files.progress import counting
from fuseboard.store.results.evaluations import TUNED, TUNING

FOLDER = "studies"
"""Folder of the store in which studies lie."""

Advance = Callable[[int], None]


@dataclass
class Tuner:
    """Tunes subsets by the rules of a search's protocol.

    Args:
        search: whose pool, protocol and device are meant.
        tuning: of its protocol.
        subsets: to tune, side by side.
        trials: per subset.
    """

    search: Search
    tuning: Tuning
    subsets: Sequence[Subset]
    trials: int

    def __post_init__(self) -> None:
        self._fitter = Fitter(self.search)
        rows = self.search.store.rows(TUNING.name, self.search.dataset)
        values = rows.select("key", Recipe(self.search.protocol).criterion.score).drop_nulls()
        self._known: dict[str, float] = dict(values.iter_rows())

    def find(self) -> dict[Subset, Found]:
        """Returns the best parameters of each subset."""
        found = {}
        with counting(self._title("tuning"), self.trials * len(self.subsets)) as advance:
            jobs = ((subset, advance) for subset in self.subsets)
            for number, answer in executor.run(self._tune, jobs, self.search.side_by_side, None):
                found[self.subsets[number]] = answer
        self.search.store.compact(TUNING.name, self.search.dataset)
        return {subset: found[subset] for subset in self.subsets}

    def fit(self, found: Mapping[Subset, Found]) -> pl.DataFrame:
        """The rows of the final fits, one per subset, seed and split, with their predictions."""
        store, dataset, pool = self.search.store, self.search.dataset, self.search.pool
        wanted = [(self._final(best, seed), subset) for subset, best in found.items() for seed in self.tuning.seeds]
        known = store.known_keys(TUNED.name, dataset)
        lacking = [(recipe, subset) for recipe, subset in wanted if not recipe.keys(pool, subset) <= known]
        if lacking:
            jobs = (self._fitter.job(recipe, subset, len(lacking)) for recipe, subset in lacking)
            with counting(self._title("final fits"), len(lacking)) as advance:
                for number, outcome in executor.run(fit, jobs, self.search.side_by_side, None):
                    self._fitter.keep(*lacking[number], outcome, len(lacking), scores=True)
                    advance(1)
            store.compact(TUNED.name, dataset)
        keys = {key for recipe, subset in wanted for key in recipe.keys(pool, subset)}
        return store.rows(TUNED.name, dataset, scores=True).filter(pl.col("key").is_in(list(keys)))

    def _tune(self, subset: Subset, advance: Advance) -> Found:
        search, pool = self.search, self.search.pool
        study = Study(
            folder=search.store.root / FOLDER / search.dataset,
            identity={
                "protocol": search.protocol.digest,
                "sampler": self.tuning.sampler,
                "space": self.tuning.model_dump(mode="json")["space"],
                "dataset": search.dataset,
                "source": pool.entry.source_md5,
                "subset": list(subset),
                "versions": list(pool.fingerprints(subset)),
            },
            space=self.tuning.space,
            seed=search.protocol.seed,
        )
        return study.run(lambda params: self._value(subset, params), self.trials, advance)

    def _value(self, subset: Subset, params: Params) -> float:
        """What the protocol chooses by, of one trial, higher is better; a fit that was done before is looked up."""
        recipe = Trial(self.search.protocol.with_params(params))
        (key,) = recipe.keys(self.search.pool, subset)
        if key not in self._known:
            side_by_side, column = len(self.subsets), recipe.criterion.column
            outcome = fit(*self._fitter.job(recipe, subset, side_by_side))
            (row,) = self._fitter.keep(recipe, subset, outcome, side_by_side, scores=False)
            value = getattr(row, column)
            if value is None:
                raise FuseboardError(
                    f"{self.search.dataset}: {'+'.join(subset)} has no {recipe.criterion.name} to tune by: {row.reason}"
                )
            self._known[key] = recipe.criterion.sign * value
        return self._known[key]

    def _final(self, best: Found, seed: int) -> Final:
        rules = self.search.protocol
        return Final(rules.with_params(best.params, seed), rules=rules, trials=self.trials)

    def _title(self, work: str) -> str:
        return f"{self.search.dataset} · {self.search.protocol.name} · {work}"
