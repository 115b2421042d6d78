"""Bootstrap: AUC, accuracy and balanced accuracy of many rows on the same resamples of a test set."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fuseboard.store.arrays import Labels, Scores
from fuseboard.store.statistics import one_vs_rest, resampling, weighted_metrics
from fuseboard.store.statistics.estimates import Replicates
from fuseboard.store.statistics.one_vs_rest import Key
from fuseboard.store.statistics.resampling import RESAMPLES, Resamples
from fuseboard.store.statistics.selection_bias import Score

CHUNK = 500_000
"""Counts in work at a time: few enough that sorted copies of them stay near the core."""


@dataclass(frozen=True)
class Bootstrapped:
    """The three metrics of one row; each gives its interval, and its difference to the same metric of another row."""

    auc: Replicates
    """The unweighted mean of one-vs-rest AUCs over classes or labels, as in `medmnist.Evaluator`."""
    acc: Replicates
    """Share of right answers, as in `medmnist.Evaluator`."""
    balanced_acc: Replicates
    """The unweighted mean of the classes' recalls; for several labels that of each label's two, mean over labels."""
    redrawn: int
    """Draws thrown away because a label lost an answer; see `store.resamples`."""


def bootstrap(
    task: str, labels: Labels, rows: Mapping[Key, Scores], number: int = RESAMPLES, seed: int = 0
) -> dict[Key, Bootstrapped]:
    """Measures rows on resamples that depend on labels, number and seed alone.

    So rows that were measured at other times and in other processes can be compared with these. Where a class, or one
    of a label's two answers, has no image, AUC and balanced accuracy have no value; where it has one, they have no
    interval, because every resample holds that image. Nothing is averaged over what is left.

    Args:
        task: one of MedMNIST's task names.
        labels: (N,) class numbers, or (N, L) of 0 and 1, by ascending id.
        rows: row -> (N, C) probabilities; float32 is enough.
        number: resamples.
        seed: of the draws.

    Raises:
        FuseboardError: as `one_vs_rest.check`, or labels too rare to be drawn.
    """
    one_vs_rest.check(task, labels, rows)
    drawn = resampling.draw(task, labels, number, seed)
    most = labels.shape[1] if labels.ndim == 2 else 1
    found = {}
    for name, scores in rows.items():
        absent, alone = (one_vs_rest.seen(task, labels, scores.shape[1], times) for times in (0, 1))
        right = weighted_metrics.n_correct(task, labels, scores)[None]
        found[name] = Bootstrapped(
            auc=_replicates("AUC", weighted_metrics.auc(task, labels, [scores]), drawn, absent, alone),
            # It needs no class, but is drawn by class where there are classes.
            acc=_replicates(
                "ACC", weighted_metrics.mean(right, most), drawn, None, None if labels.ndim == 2 else alone
            ),
            balanced_acc=_replicates(
                "balanced accuracy", weighted_metrics.balanced(task, labels, [scores]), drawn, absent, alone
            ),
            redrawn=drawn.redrawn,
        )
    return found


def _replicates(metric: str, score: Score, drawn: Resamples, absent: str | None, alone: str | None) -> Replicates:
    number, images = drawn.counts.shape
    nothing = np.empty(0)
    if absent:
        return Replicates(metric, None, nothing, drawn.digest, f"{metric} does not exist: no image {absent}")
    value = float(score(np.ones((images, 1), np.float32)).item())
    if alone:
        reason = f"no interval: only one image {alone}, and every resample holds it"
        return Replicates(metric, value, nothing, drawn.digest, reason)
    size = max(1, CHUNK // images)
    parts = [
        score(np.ascontiguousarray(drawn.counts[start : start + size].T, np.float32))[0]
        for start in range(0, number, size)
    ]
    return Replicates(metric, value, np.concatenate(parts), drawn.digest)
