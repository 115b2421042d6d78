"""k nearest neighbours on each backbone alone and on all together: a classifier that learns nothing."""

import time
from collections.abc import Iterator, Sequence

from fuseboard.harness.classifiers import knn
from fuseboard.harness.classifiers.fusion import Subset
from fuseboard.harness.evaluations import hyperparameters
from fuseboard.harness.evaluations.hyperparameters import Answer
from fuseboard.harness.evaluations.setting import Variant
from fuseboard.harness.runtime import profiling
from fuseboard.harness.search.fit import Outcome
from fuseboard.harness.search.report import Chosen
from fuseboard.harness.search.search import Search
from fuseboard.store.embeddings.manifest import SPLITS
from fuseboard.store.results.evaluations import KNN
from fuseboard.store.results.selection import choose

NAME = KNN.name


def evaluate(search: Search) -> Chosen:
    """Picks k of each subset on validation, then the subset by the protocol's own rule.

    Every k is charged the one search for neighbours that all of them share.
    """
    facts = search.pool.entry
    setting = {"grid": list(knn.GRID), "metric": "cosine, mean over backbones", "weights": "uniform"}
    variants = [
        Variant(
            search.protocol,
            under=NAME,
            name=f"k={k}",
            classifier=f"{NAME} k={k}",
            setting={**setting, "k": k},
            own_params={"n_neighbors": k},
        )
        for k in knn.GRID
        if k <= len(search.pool.labels("train"))
    ]

    def answers(subset: Subset, asked: Sequence[Variant]) -> Iterator[Answer]:
        blocks = [search.pool.all_blocks(split) for split in SPLITS]
        began = time.perf_counter()
        train, val, test = (knn.joined([part.features[name] for name in subset]) for part in blocks)
        truth = knn.truth_of(facts.task, blocks[0].labels, facts.n_classes)
        fit_s, near, predict_s = time.perf_counter() - began, {}, {}
        for split, rows in (("val", val), ("test", test)):
            began = time.perf_counter()
            near[split] = knn.neighbours(train, rows, max(variant.setting["k"] for variant in asked))
            predict_s[split] = time.perf_counter() - began
        for variant in asked:
            scores = {split: [knn.shares(truth, found[:, : variant.setting["k"]])] for split, found in near.items()}
            outcome = Outcome(scores, fit_s, predict_s, profiling.peak_rss_mb(), profiling.hardware())
            yield Answer(variant, outcome, train.shape[1])

    held = hyperparameters.hold(search, hyperparameters.alone_and_together(search), variants, answers)
    return Chosen(choose(held.rows), held.rows, held.notes)
