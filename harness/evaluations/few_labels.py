"""Few-label curves: what each backbone and their fusion score when few images are labelled, in closed form."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fuseboard.harness.classifiers.fusion import Subset
from fuseboard.harness.evaluations import hyperparameters, preconditions
from fuseboard.harness.evaluations.setting import Variant
from fuseboard.harness.protocols import own
from fuseboard.harness.runtime import executor
from fuseboard.harness.search.fit import Order, fit
from fuseboard.harness.search.kept_together import kept_together
from fuseboard.harness.search.pool import Pool
from fuseboard.harness.search.result_rows import Circumstances, results_of
from fuseboard.harness.search.search import Search
from fuseboard.harness.terminal.report import Facts
from fuseboard.store.arrays import Labels
from fuseboard.store.embeddings.manifest import SPLITS
from fuseboard.store.errors import UsageError
from fuseboard.store.files.progress import counting
from fuseboard.store.results.evaluations import FEW_LABELS
from fuseboard.store.results.rows import Inputs
from fuseboard.store.statistics.label_curves import IMAGES, LabelCurve, Worth, curves, worth

SIZES = (1, 5, 10, 50, 100, 500, 1_000, 5_000)
"""Labelled images per class; a class that has fewer gives all it has. Beyond these, all images."""
DRAWS = 20
CLASSIFIER = "ridge"


@dataclass(frozen=True, kw_only=True)
class Draw(Variant):
    """One draw of training images, whose number is added to the seed of its rows."""

    number: int
    rows: tuple[int, ...]
    """Places of the images among those of training."""

    @property
    def splits(self) -> tuple[str, ...]:
        """Nothing is chosen here, so validation is not looked at."""
        return ("test",)

    def inputs(self, pool: Pool, subset: Subset, split: str) -> Inputs:
        """Returns the inputs of one row."""
        inputs = super().inputs(pool, subset, split)
        return inputs.model_copy(update={"seed": inputs.seed + self.number})


@dataclass(frozen=True)
class FewLabels:
    """The curves of each backbone alone, of all together, and of all but each."""

    rows: pl.DataFrame
    curves: dict[Subset, LabelCurve]
    together: Subset
    left_out: Sequence[str]

    @property
    def table(self) -> list[Facts]:
        """One line per subset and size."""
        return [
            {
                "subset": "+".join(subset),
                "images": images,
                "test_auc": float(mean),
                "low": float(low),
                "high": float(high),
            }
            for subset, curve in self.curves.items()
            if len(subset) in (1, len(self.together))
            for images, mean, low, high in zip(curve.images, curve.mean, *curve.band, strict=True)
        ]

    @property
    def wide_only(self) -> Sequence[str]:
        """Every column fits."""
        return ()

    @property
    def notes(self) -> list[str]:
        """What adding each backbone to the others is worth in labelled images, at the largest number that was drawn."""
        fused = self.curves.get(self.together)
        said = []
        for name in self.together:
            others = self.curves.get(without(name, self.together))
            if fused and others and len(fused.images) > 1:
                said.append(f"adding {name} to the other {len(self.together) - 1}: {_told(worth(fused, others)[-1])}")
        return [*self.left_out, *said]


def evaluate(search: Search) -> FewLabels:
    """Fits ridge on draws of few images per class; the same draws for every subset.

    Raises:
        UsageError: a protocol of another classifier, or several labels per image.
    """
    pool = search.pool
    if search.protocol.classifier != CLASSIFIER:
        raise UsageError(
            f"few-labels fits {CLASSIFIER} hundreds of times, and protocol {search.protocol.name} has "
            f"{search.protocol.classifier}; take --protocol linear-2026"
        )
    labels = pool.labels("train")
    if labels.ndim > 1:
        raise UsageError(
            f"{search.dataset} has several labels per image, so there is no number of images per class to draw"
        )
    draws = list(_draws(search, labels))
    preconditions.check(pool, draws[0])
    names = tuple(pool.versions)
    asked = [*hyperparameters.alone_and_together(search), *(without(name, names) for name in names)]
    subsets, left_out = preconditions.without_constant(pool, [s for s in dict.fromkeys(asked) if s])
    known = search.store.known_keys(FEW_LABELS.name, search.dataset)
    lacking = [(subset, draw) for draw in draws for subset in subsets if not draw.keys(pool, subset) <= known]
    if lacking:
        own.remember(search.store.root, search.protocol)
        _measure(search, lacking, labels)
        search.store.compact(FEW_LABELS.name, search.dataset)
    keys = [key for subset in subsets for draw in draws for key in draw.keys(pool, subset)]
    rows = search.store.rows(FEW_LABELS.name, search.dataset).filter(pl.col("key").is_in(keys))
    found = curves(rows.with_columns(images=IMAGES))
    return FewLabels(rows, {s: found[s] for s in subsets if s in found}, names, left_out)


def without(name: str, pool: Subset) -> Subset:
    """All backbones of a pool but one."""
    return tuple(other for other in pool if other != name)


def _draws(search: Search, labels: Labels) -> Iterator[Draw]:
    """Every draw; the smaller ones of a number are the beginnings of the larger ones."""
    classes, counts = np.unique(labels, return_counts=True)
    sizes = [n for n in SIZES if n < counts.max()]
    for number in range(DRAWS):
        rng = np.random.default_rng((search.protocol.seed, number))
        orders = [rng.permutation(np.flatnonzero(labels == each)) for each in classes]
        for n in sizes:
            yield _draw(search, n, number, np.sort(np.concatenate([order[:n] for order in orders])))
    yield _draw(search, int(counts.max()), 0, np.arange(len(labels)))


def _draw(search: Search, per_class: int, number: int, rows: NDArray[np.intp]) -> Draw:
    params = {**search.protocol.params.model_dump(exclude_none=True), "per_class": per_class, "images": len(rows)}
    identity = {"per_class": per_class, "draw": number, "rule": "nested, stratified"}
    return Draw(
        protocol=search.protocol,
        under=FEW_LABELS.name,
        name=f"n={per_class}",
        classifier=f"{CLASSIFIER} n={per_class}",
        setting=identity,
        own_params=params,
        number=number,
        rows=tuple(rows.tolist()),
    )


def _measure(search: Search, lacking: Sequence[tuple[Subset, Draw]], labels: Labels) -> None:
    parts = {split: search.pool.all_blocks(split) for split in SPLITS}
    jobs = (
        (
            Order(search.classifier, draw.splits, np.array(draw.rows)),
            labels,
            *(parts[split].features[name] for split in SPLITS for name in subset),
        )
        for subset, draw in lacking
    )
    truth: dict[str, Labels] = {"test": parts["test"].labels}
    title = f"{search.dataset} · {search.protocol.name} · {FEW_LABELS.name}"
    with counting(title, len(lacking)) as advance, kept_together(search.store) as keep:
        for number, outcome in executor.run(fit, jobs, search.side_by_side, search.address):
            subset, draw = lacking[number]
            here = Circumstances(search.pool, draw, search.device, search.side_by_side)
            # hundreds of rows that nobody chooses among or resamples: what they said of each image is not kept
            keep(
                [
                    row.model_copy(update={"right": None, "scores": None})
                    for row in results_of(here, subset, outcome, truth, ())
                ]
            )
            advance(1)


def _told(one: Worth) -> str:
    """Says it with its interval."""

    def said(images: float) -> str:
        return f"{round(images):+,}" if np.isfinite(images) else "more than there are"

    return f"with {one.at:,} labelled images worth {said(one.images)} ({said(one.low)} to {said(one.high)})"
