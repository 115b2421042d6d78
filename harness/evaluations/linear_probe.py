"""The linear probe on each backbone alone and on all together: another classifier on the same features."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.classifiers.fusion import Subset, concat
from fuseboard.harness.classifiers.linear_probe import GRID, MAX_ITERATIONS, LinearProbe, side_by_side, standardised
from fuseboard.harness.evaluations import hyperparameters
from fuseboard.harness.evaluations.hyperparameters import Answer
from fuseboard.harness.evaluations.setting import Variant
from fuseboard.harness.runtime import executor, profiling
from fuseboard.harness.search.fit import Outcome
from fuseboard.harness.search.report import Chosen
from fuseboard.harness.search.search import Search
from fuseboard.store.arrays import Labels
from fuseboard.store.embeddings.manifest import SPLITS
from fuseboard.store.results.evaluations import LINEAR_PROBE
from fuseboard.store.results.selection import choose

NAME = LINEAR_PROBE.name


def evaluate(search: Search) -> Chosen:
    """Picks the penalty of each subset on validation, then the subset by the protocol's own rule."""
    setting = {"grid": list(GRID), "max_iterations": MAX_ITERATIONS, "features": "standardised"}
    penalties = {f"C={c:g}": c for c in GRID}
    variants = [
        Variant(
            search.protocol,
            under=NAME,
            name=name,
            classifier=f"{NAME} {name}",
            setting={**setting, "C": c},
            own_params={"C": c, "max_iter": MAX_ITERATIONS},
        )
        for name, c in penalties.items()
    ]

    def answers(subset: Subset, asked: Sequence[Variant]) -> Iterator[Answer]:
        blocks = [search.pool.all_blocks(split) for split in SPLITS]
        began = time.perf_counter()
        features = standardised(*(concat([part.features[name] for name in subset]) for part in blocks))
        preparing_s = time.perf_counter() - began
        task, classes = search.pool.entry.task, search.pool.entry.n_classes
        jobs = ((LinearProbe(penalties[v.name], task, classes), features, blocks[0].labels) for v in asked)
        with side_by_side():
            for number, outcome in executor.run(_fit, jobs, search.jobs, address=None):
                whole = replace(outcome, fit_s=preparing_s + outcome.fit_s)
                yield Answer(asked[number], whole, features[0].shape[1], jobs=search.jobs or profiling.cores())

    held = hyperparameters.hold(search, hyperparameters.alone_and_together(search), variants, answers)
    return Chosen(choose(held.rows), held.rows, held.notes)


def _fit(probe: LinearProbe, features: Sequence[NDArray[np.float32]], labels: Labels) -> Outcome:
    train, *unseen = features
    began = time.perf_counter()
    fitted = probe.fit(train, labels)
    fit_s = time.perf_counter() - began
    scores, predict_s = {}, {}
    for split, rows in zip(SPLITS[1:], unseen, strict=True):
        began = time.perf_counter()
        scores[str(split)] = [fitted.predict(rows)]
        predict_s[str(split)] = time.perf_counter() - began
    return Outcome(scores, fit_s, predict_s, profiling.peak_rss_mb(), profiling.hardware())
