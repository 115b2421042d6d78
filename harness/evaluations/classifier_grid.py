"""Other classifiers on each backbone alone and on all together, each in the setting that is best on validation."""

import math
import time
from collections.abc import Iterator, Sequence
from functools import partial

from fuseboard.harness import classifiers
from fuseboard.harness.classifiers.classifier import Blocks, Classifier
from fuseboard.harness.classifiers.fusion import Subset
from fuseboard.harness.evaluations import hyperparameters
from fuseboard.harness.evaluations.hyperparameters import Answer, Selected
from fuseboard.harness.evaluations.setting import Variant
from fuseboard.harness.protocols.protocol import Protocol
from fuseboard.harness.runtime import executor, profiling
from fuseboard.harness.search.fit import Outcome
from fuseboard.harness.search.report import Chosen
from fuseboard.harness.search.search import Search
from fuseboard.store.arrays import Labels, Scores
from fuseboard.store.embeddings.manifest import SPLITS
from fuseboard.store.results.evaluations import KNN, LINEAR_PROBE
from fuseboard.store.results.selection import choose


def evaluate(name: str, search: Search) -> Chosen:
    """Picks the setting of each subset on validation, then the subset by the protocol's own rule.

    Args:
        name: of the classifier, and of the evaluation.
        search: whose pool and protocol are meant.
    """
    selected = measure(name, search, hyperparameters.alone_and_together(search))
    return Chosen(choose(selected.rows), selected.rows, selected.notes)


def measure(name: str, search: Search, subsets: Sequence[Subset]) -> Selected:
    """Picks the setting of each subset on validation. Settings that share their work are each charged all of it.

    Args:
        name: of the classifier, and of the evaluation.
        search: whose pool and protocol are meant.
        subsets: of the pool.
    """
    kind, facts = classifiers.get(name), search.pool.entry
    variants = variants_of(name, search.protocol, len(search.pool.labels("train")))

    def answers(subset: Subset, asked: Sequence[Variant]) -> Iterator[Answer]:
        parts = {split: search.pool.all_blocks(split) for split in SPLITS}
        blocks = {str(split): [part.features[name] for name in subset] for split, part in parts.items()}
        settings = [kind(v.params, facts.task, facts.n_classes, search.protocol.seed) for v in asked]
        groups = [range(len(asked))] if kind.SHARED_FIT else [range(n, n + 1) for n in range(len(asked))]
        jobs = (([settings[n] for n in group], blocks, parts["train"].labels) for group in groups)
        side_by_side = min(len(groups), search.jobs or profiling.cores())
        for number, outcomes in executor.run(_fit, jobs, search.jobs, address=None):
            for n, outcome in zip(groups[number], outcomes, strict=True):
                yield Answer(asked[n], outcome, search.pool.features(subset), jobs=side_by_side)

    return hyperparameters.select(search, subsets, variants, answers)


def variants_of(name: str, protocol: Protocol, rows: float = math.inf) -> list[Variant]:
    """The settings of a classifier that so many training rows allow, the preferred among equals first."""
    grid = classifiers.get(name).grid()
    return [Variant.of(protocol, name, name, each) for each in grid if each.min_rows <= rows]


def _fit(settings: Sequence[Classifier], blocks: dict[str, Blocks], labels: Labels) -> list[Outcome]:
    """Fits settings on training together, and predicts validation and test by each."""
    train, *unseen = SPLITS
    began = time.perf_counter()
    fitted = settings[0].fit_grid(settings, blocks[train], labels)
    fit_s = time.perf_counter() - began
    scores: list[dict[str, list[Scores]]] = [{} for _ in settings]
    predict_s = {}
    for split in unseen:
        began = time.perf_counter()
        for own, predicted in zip(scores, fitted.predict_each(blocks[split]), strict=True):
            own[split] = [predicted]
        predict_s[str(split)] = time.perf_counter() - began
    return [Outcome(own, fit_s, predict_s, profiling.peak_rss_mb(), profiling.hardware()) for own in scores]


linear_probe = partial(evaluate, LINEAR_PROBE.name)
knn = partial(evaluate, KNN.name)
