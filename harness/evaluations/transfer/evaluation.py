"""Transfer: top-1 and top-5 of each backbone alone and of all joined, read batch by batch; made for ImageNet-1K."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from fuseboard.harness.classifiers.fusion import Subset
from fuseboard.harness.evaluations.hyperparameters import alone_and_together
from fuseboard.harness.evaluations.setting import Variant
from fuseboard.harness.evaluations.transfer.families import NAME, Family, families
from fuseboard.harness.evaluations.transfer.result import rows_of
from fuseboard.harness.evaluations.transfer.task import (
    NothingToLearn,
    batches_to_predict,
    check_kind,
    measure,
    open_task,
)
from fuseboard.harness.protocols import own
from fuseboard.harness.runtime import profiling
from fuseboard.harness.runtime.profiling import Meter
from fuseboard.harness.runtime.vram import Span
from fuseboard.harness.search.search import Search
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files.progress import counting
from fuseboard.store.statistics.ties import level

SPLITS = ("val", "test")


@dataclass(frozen=True)
class Winner:
    """The setting of a classifier on a subset that is best on validation; of equals the simplest."""

    subset: Subset
    family: str
    variant: Variant
    ties: int
    """Settings that share the best validation top-1, itself included."""
    oracle: Variant
    """Best on test, which nobody could have chosen."""
    val: dict[str, Any]
    test: dict[str, Any]
    """Its rows."""


@dataclass(frozen=True)
class Transfer:
    """What is known of every setting, and who won."""

    rows: pl.DataFrame
    """One per subset, setting and split."""
    winners: Sequence[Winner]
    """One per subset and classifier."""
    left_out: Sequence[str]

    @property
    def notes(self) -> list[str]:
        """What was left out, and what the choice of a setting hides."""
        return [
            *self.left_out,
            *(
                f"{'+'.join(each.subset)}, {each.family}: {each.variant.name} is best on validation (settings with its "
                f"top-1 there: {each.ties}), {each.oracle.name} on test"
                for each in self.winners
                if each.variant.name
            ),
        ]

    @property
    def table(self) -> list[dict[str, object]]:
        """Per subset and classifier the chosen setting; its seconds are all those that it took part in."""
        return [
            {
                "subset": "+".join(each.subset),
                "classifier": each.family,
                "setting": each.variant.name or None,
                "val_top1": each.val["acc"],
                "test_top1": each.test["acc"],
                "test_top5": each.test["top5"],
                "seconds": each.val["fit_s"] + each.val["predict_s"] + each.test["predict_s"],
            }
            for each in self.winners
        ]

    @property
    def wide_only(self) -> tuple[str, ...]:
        """None of the columns."""
        return ()


def evaluate(search: Search) -> Transfer:
    """Measures what is not known yet, and chooses each classifier's setting by top-1 on validation.

    The settings of a classifier on a subset are measured together and kept at once; a killed run loses no more.

    Raises:
        UsageError: images of two classes only, or of several labels.
        FuseboardError: shards, labels or vectors that nothing sound can be learned from.
    """
    pool, device = search.pool, search.device
    check_kind(search.dataset, pool.entry)
    asked, left_out = families(search.protocol, pool.entry.splits["train"].rows, device)
    subsets, constant = alone_and_together(search), dict[Subset, FuseboardError]()
    known = search.store.known_keys(NAME, search.dataset)
    for subset in subsets:
        lacking = {
            family.name: [v for v in family.variants if not _keys(search, subset, v) <= known] for family in asked
        }
        if any(lacking.values()):
            try:
                _measure(search, subset, [(family, lacking[family.name]) for family in asked if lacking[family.name]])
            except NothingToLearn as error:
                constant[subset] = error
    if len(constant) == len(subsets):
        raise next(iter(constant.values()))
    left_out += [f"{'+'.join(subset)} is left out: {error}" for subset, error in constant.items()]
    subsets = [subset for subset in subsets if subset not in constant]
    search.store.compact(NAME, search.dataset)
    keys = [key for subset in subsets for f in asked for v in f.variants for key in _keys(search, subset, v)]
    rows = search.store.rows(NAME, search.dataset).filter(pl.col("key").is_in(keys))
    row_of = {row["key"]: row for row in rows.drop("right").iter_rows(named=True)}
    winners = [_winner(search, subset, family, row_of) for subset in subsets for family in asked]
    return Transfer(rows, winners, left_out)


def _measure(search: Search, subset: Subset, asked: Sequence[tuple[Family, Sequence[Variant]]]) -> None:
    pool, device = search.pool, search.device
    task = open_task(tuple(pool.versions[name] for name in subset), search.dataset, pool.entry)
    own.remember(search.store.root, search.protocol)
    for family, variants in asked:
        meter, kind = Meter(device), family.kind
        work = kind.PASSES + batches_to_predict(task, kind)
        settings = [
            kind(v.params, pool.entry.task, task.n_classes, search.protocol.seed, device, profiling.cores())
            for v in variants
        ]
        title = f"{search.dataset} · {'+'.join(subset)} · {family.name}"
        with Span(device) as span, counting(title, work) as advance:
            answers = measure(task, settings, advance)
        found, vram = zip(variants, answers, strict=True), span.peak_mb
        vram = meter.peak_vram_mb if vram is None else vram
        rows = [row for v, answer in found for row in rows_of(pool, subset, v, answer, device, meter, vram)]
        search.store.keep(rows)


def _winner(search: Search, subset: Subset, family: Family, row_of: dict[str, dict[str, Any]]) -> Winner:
    rows = {split: [row_of[v.inputs(search.pool, subset, split).key] for v in family.variants] for split in SPLITS}
    able = [n for n, _ in enumerate(family.variants) if rows["val"][n]["acc"] is not None]
    if not able:
        raise FuseboardError(
            f"{search.dataset}: {family.name} of {'+'.join(subset)} has no top-1 on validation, so no setting can be "
            "chosen; see the column `reason` of its rows"
        )
    val, test = (level([rows[split][n]["acc"] or 0.0 for n in able]) for split in ("val", "test"))
    first, oracle = (able[int(np.argmax(each))] for each in (val, test))  # of equals the first one
    return Winner(
        subset=subset,
        family=family.name,
        variant=family.variants[first],
        ties=val.count(max(val)),
        oracle=family.variants[oracle],
        val=rows["val"][first],
        test=rows["test"][first],
    )


def _keys(search: Search, subset: Subset, variant: Variant) -> set[str]:
    return {variant.inputs(search.pool, subset, split).key for split in SPLITS}
