"""The fitter: fits of a tuning, from the blocks of a search's pool to rows in its store."""

from dataclasses import dataclass, replace
from functools import cached_property
from threading import Lock
from typing import Any

import numpy as np

from fuseboard.harness.classifiers.fusion import Subset
from fuseboard.harness.search import folds
from fuseboard.harness.search.fit import Fold, Order, Outcome
from fuseboard.harness.search.result_rows import Circumstances, results_of
from fuseboard.harness.search.row_identity import Recipe
from fuseboard.harness.search.search import Search
from fuseboard.store.arrays import Labels
from fuseboard.store.embeddings.join import Blocks
from fuseboard.store.embeddings.manifest import SPLITS
from fuseboard.store.results.rows import Result


@dataclass
class Fitter:
    """Makes jobs of recipes, and rows of what came out, by the rules of a search; blocks are read when first needed."""

    search: Search

    def __post_init__(self) -> None:
        self._reading = Lock()  # studies run in threads, and the blocks are read once

    @property
    def cores(self) -> int:
        """The number of cores that fits may use together."""
        return self.search.side_by_side

    def job(self, recipe: Recipe, subset: Subset, side_by_side: int) -> tuple[Any, ...]:
        """What `fit` of the search takes; fits side by side share the cores evenly.

        Threads change no split of a tree. Where columns are sampled, the order of a sum can move the last digit of a
        leaf, and so of a probability.
        """
        with self._reading:
            blocks, labels, cut = self._blocks, self._truth["cv"], self._folds
        order = Order(
            classifier=replace(
                self.search.classifier,
                params=recipe.params,
                seed=recipe.protocol.seed,
                threads=max(1, self.cores // side_by_side),
            ),
            splits=recipe.splits,
            folds=cut,
        )
        return order, labels, *(blocks[split].features[name] for split in SPLITS for name in subset)

    def keep(self, recipe: Recipe, subset: Subset, outcome: Outcome, side_by_side: int, scores: bool) -> list[Result]:
        """Writes the rows of a fit, with its predictions when asked for, and returns them."""
        here = Circumstances(self.search.pool, recipe, self.search.device, min(self.cores, side_by_side))
        rows = results_of(here, subset, outcome, self._truth, self._folds)
        rows = rows if scores else [row.model_copy(update={"scores": None}) for row in rows]
        self.search.store.keep(rows)
        return rows

    @cached_property
    def _blocks(self) -> dict[str, Blocks]:
        return {split: self.search.pool.all_blocks(split) for split in SPLITS}

    @cached_property
    def _truth(self) -> dict[str, Labels]:
        labels: dict[str, Labels] = {split: self._blocks[split].labels for split in SPLITS}
        return {**labels, "cv": np.concatenate([labels["train"], labels["val"]])}

    @cached_property
    def _folds(self) -> list[Fold]:
        plan, seed = self.search.protocol.selection.cv, self.search.protocol.seed
        return folds.folds(self._truth["cv"], plan, seed) if plan else []
