"""Intervals: a thousand resamples of a test set of PathMNIST's size against the loop over scikit-learn's AUC."""

from collections.abc import Callable

import numpy as np
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from fuseboard.store.statistics import resampling
from fuseboard.store.statistics.bootstrap import bootstrap

IMAGES, CLASSES, NUMBER, LOOPED = 7_180, 9, 1_000, 5


def test_a_thousand_resamples(ratio: Callable[..., float]) -> None:
    """The loop runs 5 of the 1,000 and computes AUC alone; ours makes the draws too, and all three metrics."""
    random = np.random.default_rng(0)
    labels = random.integers(CLASSES, size=IMAGES)
    scores = random.dirichlet(np.ones(CLASSES), size=IMAGES) + np.eye(CLASSES)[labels]
    scores = (scores / 2).astype(np.float32)
    counts = resampling.draw("multi-class", labels, LOOPED).counts
    draws = [np.repeat(np.arange(IMAGES), one) for one in counts]
    looped: list[float] = []
    made: list[np.ndarray] = []

    def ours() -> None:
        made[:] = [bootstrap("multi-class", labels, {"row": scores}, NUMBER)["row"].auc.resampled]

    def peer() -> None:
        looped[:] = [
            float(np.mean([roc_auc_score(labels[drawn] == c, scores[drawn, c]) for c in range(CLASSES)]))
            for drawn in draws
        ]

    with threadpool_limits(1):
        found = ratio(ours, peer, rounds=3) * NUMBER / LOOPED
    print(f"loop over all {NUMBER} / ours = {found:.1f}")
    np.testing.assert_allclose(made[0][:LOOPED], looped, atol=1e-12)
    assert found >= 5
