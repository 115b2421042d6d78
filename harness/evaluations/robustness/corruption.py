"""Corruption: what MedMNIST-C's corruptions do to classifiers that learned from clean images only."""

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fuseboard.harness.classifiers.classifier import Classifier, Fitted
from fuseboard.harness.classifiers.fusion import Subset
from fuseboard.harness.evaluations.robustness.condition_rows import Exposure
from fuseboard.harness.evaluations.robustness.corrupted_test_set import Twin
from fuseboard.harness.evaluations.robustness.report import Resilience
from fuseboard.harness.runtime import executor, profiling
from fuseboard.harness.runtime.vram import Span
from fuseboard.harness.search import strategies
from fuseboard.harness.search.fit import Outcome
from fuseboard.harness.search.result_rows import Circumstances, results_of
from fuseboard.harness.search.search import Search
from fuseboard.store.files.optional_max import largest
from fuseboard.store.files.progress import counting
from fuseboard.store.results.evaluations import CORRUPTION
from fuseboard.store.statistics.corruption_error import balanced_error, check_classes

NAME = CORRUPTION.name

Lacking = Sequence[tuple[Exposure, Sequence[Subset]]]
"""What is to be measured of each exposure."""


def evaluate(search: Search) -> Resilience:
    """Puts what learned from clean images to the corrupted ones, embedded by the same versions."""
    return expose(search, Twin(search.pool, search.pool.versions), NAME)


def expose(search: Search, twin: Twin, evaluation: str) -> Resilience:
    """Searches what is not known yet, then measures each backbone alone, the chosen subset and all backbones.

    Every exposure is one row per subset, with its predictions. In memory are the clean images' vectors, as in the
    search, and of the corrupted ones a single condition's.

    Args:
        search: whose pool, protocol and device are meant.
        twin: of its dataset.
        evaluation: under which the rows are kept.

    Raises:
        FuseboardError: the twin is not there, not whole, not that of the clean images, or cannot be scored.
    """
    pool = search.pool
    twin.check()
    check_classes(pool.entry.task, twin.labels, pool.entry.n_classes, f"{pool.dataset} test")
    exposures = [
        Exposure(search.protocol, under=evaluation, twin=twin, condition=each) for each in (None, *twin.conditions)
    ]
    choice = search.run(strategies.get("exhaustive"))
    subsets = list(dict.fromkeys([*choice.singles, choice.chosen, choice.all_backbones]))
    known = set(_rows(search, twin, evaluation)["key"])
    lacking = [(each, [s for s in subsets if not each.keys(pool, s) <= known]) for each in exposures]
    lacking = [(each, missing) for each, missing in lacking if missing]
    if lacking:
        twin.verify()
        _measure(search, lacking)
        search.store.compact(evaluation, twin.dataset)
    keys = {key for each in exposures for subset in subsets for key in each.keys(pool, subset)}
    rows = _rows(search, twin, evaluation).filter(pl.col("key").is_in(list(keys)))
    return Resilience(pool.dataset, pool.entry.task, twin.labels, choice, rows)


def _rows(search: Search, twin: Twin, evaluation: str) -> pl.DataFrame:
    """Returns the rows of an evaluation that can be scored again."""
    return search.store.rows(evaluation, twin.dataset, scores=True).filter(pl.col("scores").is_not_null())


def _measure(search: Search, lacking: Lacking) -> None:
    """Fits every subset once, then reads one exposure after another; its rows are kept before the next is read."""
    pool, jobs = search.pool, search.side_by_side
    subsets = list(dict.fromkeys(subset for _, missing in lacking for subset in missing))
    title, fitted = f"{pool.dataset}-c · {search.protocol.name}", {}
    with counting(f"{title} · fits", len(subsets)) as advance:
        train = pool.all_blocks("train")
        work = ((search.classifier, train.labels, [train.features[name] for name in subset]) for subset in subsets)
        for number, learned in executor.run(_fit, work, jobs, None):
            fitted[subsets[number]] = learned
            advance(1)
    with counting(f"{title} · corruptions and severities", len(lacking)) as advance:
        for exposure, missing in lacking:
            split, truth = exposure.split, exposure.twin.labels
            here, made = Circumstances(pool, exposure, search.device, jobs), []
            blocks = exposure.blocks(sorted({name for subset in missing for name in subset}))
            tasks = ((*fitted[subset], search.device, split, [blocks[name] for name in subset]) for subset in missing)
            for number, outcome in executor.run(_predict, tasks, jobs, None):
                where = f"{pool.dataset}-c {split} {'+'.join(missing[number])}"
                balanced_error(pool.entry.task, truth, outcome.scores[split][0], where)  # refuses before it is kept
                made += results_of(here, missing[number], outcome, {split: truth}, ())
            search.store.keep(made)
            advance(1)


def _fit(
    classifier: Classifier, labels: NDArray[np.integer], blocks: Sequence[NDArray[np.float32]]
) -> tuple[Fitted, Outcome]:
    """Returns the trees that the search grows, and what growing them cost; nothing is predicted yet."""
    began = time.perf_counter()
    with Span(classifier.device) as span:
        fitted = classifier.fit(blocks, labels)
    fit_s = time.perf_counter() - began
    hardware = profiling.hardware(classifier.device)
    return fitted, Outcome({}, fit_s, {}, profiling.peak_rss_mb(), hardware, span.peak_mb)


def _predict(fitted: Fitted, grown: Outcome, device: str, split: str, blocks: Sequence[NDArray[np.float32]]) -> Outcome:
    began = time.perf_counter()
    with Span(device) as span:
        scores = fitted.predict(blocks)
    return replace(
        grown,
        scores={split: [scores]},
        predict_s={split: time.perf_counter() - began},
        peak_rss_mb=profiling.peak_rss_mb(),
        peak_vram_mb=largest([grown.peak_vram_mb, span.peak_mb]),
    )
