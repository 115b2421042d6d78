"""The work of `groups`: fits that are wanted, and rows that follow from what they said of the test images."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.classifiers import knn
from fuseboard.harness.classifiers.fusion import Subset
from fuseboard.harness.evaluations.groups.columns import Column
from fuseboard.harness.evaluations.groups.measured import Facts, Judged, bounds, row
from fuseboard.harness.evaluations.groups.parts import Part, parts
from fuseboard.harness.runtime import executor
from fuseboard.harness.search.fit import Order, Outcome, fit
from fuseboard.harness.search.kept_together import kept_together
from fuseboard.harness.search.result_rows import Circumstances
from fuseboard.harness.search.row_identity import Recipe
from fuseboard.harness.search.search import Search
from fuseboard.store.arrays import BINARY, MULTI_CLASS, Labels
from fuseboard.store.embeddings.manifest import SPLITS
from fuseboard.store.files.progress import counting
from fuseboard.store.results.evaluations import GROUPS
from fuseboard.store.results.rows import Result
from fuseboard.store.statistics.label_from_column import label_from_column
from fuseboard.store.statistics.robustness_index import robustness_index

Scores = NDArray[np.float32]


@dataclass(frozen=True)
class Fit:
    """A fit that is wanted: rows of training with what is to be learned of them."""

    subset: Subset
    part: Part
    order: Order
    truth: Labels
    """(N,) of all training images."""


@dataclass
class Work:
    """What is to be measured of some subsets."""

    search: Search
    columns: Sequence[Column]
    subsets: Sequence[Subset]
    whole: Part
    said: dict[Subset, Scores] = field(default_factory=dict, init=False)
    """What the fits of all training images predicted of all test images."""

    @cached_property
    def every(self) -> list[tuple[Subset, Part]]:
        """Every part of every column, of each subset."""
        return [
            (s, one) for s in self.subsets for column in self.columns for one in parts(self.search.protocol, column)
        ]

    @cached_property
    def lacking(self) -> list[tuple[Subset, Part]]:
        """What has no row yet."""
        known = self.search.store.known_keys(GROUPS.name, self.search.dataset)
        return [(subset, one) for subset, one in self.every if not one.keys(self.search.pool, subset) <= known]

    def run(self) -> None:
        """Fits what is to be fitted, and then measures the rest on what was predicted of all test images."""
        search = self.search
        self.said = {subset: said for subset in self.subsets if (said := self._kept(subset)) is not None}
        title = f"{search.dataset} · {search.protocol.name} · {GROUPS.name}"
        blocks = {split: search.pool.all_blocks(split).features for split in SPLITS}
        fits = list(self._fits())
        jobs = ((f.order, f.truth, *(blocks[s][name] for s in SPLITS for name in f.subset)) for f in fits)
        with counting(title, len(fits)) as advance, kept_together(search.store) as keep:
            for number, outcome in executor.run(fit, jobs, search.side_by_side, search.address):
                keep([self._fitted(fits[number], outcome)])
                advance(1)
            keep([self._derived(subset, one) for subset, one in self.lacking if not self._is_fitted(subset, one)])

    def _kept(self, subset: Subset) -> Scores | None:
        """Returns what was kept of the test images by the search, or by this evaluation."""
        store, pool = self.search.store, self.search.pool
        for recipe in (Recipe(self.search.protocol), self.whole):
            key = recipe.inputs(pool, subset, "test").key
            if (said := store.predictions(recipe.evaluation, pool.dataset, key)) is not None:
                return np.asarray(said, np.float32)
        return None

    def _fits(self) -> Iterator[Fit]:
        """Yields every fit: those of all images that nobody did yet, those without a group, those of a column."""
        search, labels = self.search, self.search.pool.labels("train")
        for subset in dict.fromkeys(subset for subset, _ in self.lacking):
            if subset not in self.said:
                yield Fit(subset, self.whole, Order(search.classifier, ("test",)), labels)
        for subset, one in self.lacking:
            if not self._is_fitted(subset, one):
                continue
            if one.measure == "left out":
                rows = one.column.others(str(one.group))
                yield Fit(subset, one, Order(search.classifier, ("test",), rows), labels)
            else:
                rows, numbers = _between(one.column, "train")
                kinds = len(one.column.in_both)
                truth = np.zeros(len(labels), np.uint16)
                truth[rows] = numbers
                classifier = replace(search.classifier, task=_task(kinds), n_classes=kinds)
                yield Fit(subset, one, Order(classifier, ("test",), rows), truth)

    def _is_fitted(self, subset: Subset, one: Part) -> bool:
        """Whether a part is a fit of its own that can be made."""
        return one.measure in ("left out", "column") and self._cannot(one) is None

    def _cannot(self, one: Part) -> str | None:
        """Says why a fit is not made; None where it is."""
        if one.measure == "column":
            if len(one.column.in_both) < 2:
                return f"training and test do not have two values of {one.column.name} in common"
            return None
        labels = self.search.pool.labels("train")
        left = labels[one.column.others(str(one.group))]
        where = f"without {one.column.name}={one.group} training has no image"
        if labels.ndim > 1:
            return None if len(left) else f"{where} whose {one.column.name} is known"
        lost = np.setdiff1d(labels, left)
        return f"{where} of {self.search.pool.entry.label_names[lost[0]]}" if len(lost) else None

    def _fitted(self, done: Fit, outcome: Outcome) -> Result:
        """Returns the row of a fit; one of all images is remembered for its groups."""
        pool, one, said = self.search.pool, done.part, outcome.scores["test"][0]
        here = self._here(one)
        if one.measure == "column":
            rows, numbers = _between(one.column, "test")
            judged = Judged(_task(len(one.column.in_both)), numbers, said[rows])
            return row(here, done.subset, one, judged, outcome, self._alone[one.column.name])
        labels = pool.labels("test")
        if one.measure == "whole":
            self.said[done.subset] = said
            return row(here, done.subset, one, Judged(pool.entry.task, labels, said), outcome)
        rows = one.column.rows("test", str(one.group))
        more = {"train_images": len(done.order.rows) if done.order.rows is not None else 0}
        return row(here, done.subset, one, Judged(pool.entry.task, labels[rows], said[rows]), outcome, more)

    def _derived(self, subset: Subset, one: Part) -> Result:
        """Returns a row that needs no fit of its own, or that has none because nothing can be fitted."""
        pool, column, here = self.search.pool, one.column, self._here(one)
        if one.measure in ("known", "group"):
            rows = column.known("test") if one.group is None else column.rows("test", one.group)
            train = column.known("train") if one.group is None else column.rows("train", one.group)
            judged = Judged(pool.entry.task, pool.labels("test")[rows], self.said[subset][rows])
            return row(here, subset, one, judged, more={"train_images": len(train)})
        if one.measure == "neighbours":
            rows = column.known("test")
            return row(here, subset, one, *self._index(subset, column), images=len(rows))
        rows = column.known("test") if one.group is None else column.rows("test", one.group)
        more = self._alone[column.name] if one.measure == "column" else None
        return row(here, subset, one, str(self._cannot(one)), more=more, images=len(rows))

    def _index(self, subset: Subset, column: Column) -> tuple[str, None, Facts]:
        """Returns why there is no prediction, no fit, and the robustness index."""
        test = self.search.pool.all_blocks("test")
        if test.labels.ndim > 1:
            return "an image with several labels has no class to share with its neighbours", None, {}
        rows = column.known("test")
        vectors = knn.joined([test.features[name][rows] for name in subset])
        labels = test.labels[rows].astype(np.intp)
        found = robustness_index(vectors, labels, column.numbers["test"][rows], column.units["test"][rows])
        if found.index.value is None:
            return str(found.index.reason), None, {"k": found.k}
        facts: dict[str, int | float | str] = {"k": found.k, "index": found.index.value, **bounds("index", found.index)}
        if found.by_chance is not None:
            facts["by_chance"] = found.by_chance
        return "neighbours predict nothing; their index is among the parameters", None, facts

    @cached_property
    def _alone(self) -> dict[str, Facts]:
        """Column -> how well it tells the label of training images by itself."""
        labels = self.search.pool.labels("train")
        every: dict[str, Facts] = {}
        for column in self.columns:
            rows = column.known("train")
            told = label_from_column(column.numbers["train"][rows], labels[rows], column.units["train"][rows])
            named = {
                "label_auc": told.auc,
                "label_auc_by_chance": told.by_chance,
                "label_p": told.p,
                "label_images": len(rows),
            }
            facts: dict[str, int | float | str] = {name: value for name, value in named.items() if value is not None}
            facts["label_images"] = told.images
            every[column.name] = facts | ({"no_label_auc": told.reason} if told.reason else {})
        return every

    def _here(self, one: Part) -> Circumstances:
        return Circumstances(self.search.pool, one, self.search.device, self.search.side_by_side)


def _between(column: Column, split: str) -> tuple[NDArray[np.intp], Labels]:
    """Returns the rows of a split whose value training and test have, and which of these it is."""
    shared = [column.values.index(value) for value in column.in_both]
    rows = np.flatnonzero(np.isin(column.numbers[split], shared))
    return rows, np.searchsorted(shared, column.numbers[split][rows]).astype(np.uint16)


def _task(kinds: int) -> str:
    return BINARY if kinds == 2 else MULTI_CLASS
