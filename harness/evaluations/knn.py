"""k nearest neighbours on each backbone alone and on all together: a classifier that learns nothing."""

import time
from collections.abc import Iterator, Sequence

from harness import knn, profile
from harness.evaluations import contest
from harness.evaluations.contest import Answer
from harness.evaluations.variant import Variant
from harness.fusion import Subset
from harness.search.chosen import Chosen
from harness.search.engine import Search
from harness.search.fit import Outcome
from store.choice import choose
from store.manifest import SPLITS

NAME = "knn"


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
            outcome = Outcome(scores, fit_s, predict_s, profile.peak_rss_mb(), profile.hardware())
            yield Answer(variant, outcome, train.shape[1])

    held = contest.hold(search, contest.alone_and_together(search), variants, answers)
    return Chosen(choose(held.rows), held.rows, held.notes)
