"""Ensemble: a weighted soft vote whose weights are chosen on validation, one vote at a time.

Greedy ensemble selection with replacement (Caruana, Niculescu-Mizil, Crew & Ksikes, ICML 2004): starting from nobody,
the voter that makes the average best gets one more vote, again and again; a voter that is picked twice weighs twice. Of
all rounds the best one counts, the earliest of equals, because the path may pass its summit.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.classifiers import metrics
from fuseboard.store.arrays import Labels, Scores
from fuseboard.store.errors import FuseboardError
from fuseboard.store.statistics import weighted_metrics
from fuseboard.store.statistics.ties import level_matrix

ROUNDS = 50
"""Votes given out at most; a weight is a multiple of one over those of the best round."""


Metric = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""(V, N, C) averages of V trials -> (V,) values, higher is better."""


@dataclass(frozen=True)
class Ensemble:
    """What was selected; voters without a vote are not in it."""

    votes: dict[str, int]
    """Voter, in the order of the predictions given -> its votes, whole numbers, so that no weight is rounded."""
    value: float
    """The metric of the weighted average on the predictions that chose it, which is optimistic."""
    path: tuple[float, ...]
    """The metric after every vote."""


def select(predictions: Mapping[str, Scores], metric: Metric, rounds: int = ROUNDS) -> Ensemble:
    """Selects voters; of equals the first one given gets the vote.

    Args:
        predictions: voter, a backbone or a subset joined by `+` -> (N, C) probabilities on validation.
        metric: to raise, such as `accuracy(…)` or `auc(…)`.
        rounds: votes at most.

    Raises:
        FuseboardError: nobody to vote, or the metric exists for no voter.
    """
    if not predictions:
        raise FuseboardError("an ensemble needs the predictions of at least one backbone; search it first")
    names = list(predictions)
    voters = np.stack([np.asarray(predictions[name], float) for name in names])
    total = np.zeros_like(voters[0])
    votes: list[int] = []
    path: list[float] = []
    for size in range(1, rounds + 1):
        values = metric((total + voters) / size)
        if np.isnan(values).all():
            raise FuseboardError("the metric to select an ensemble by exists for no voter; take another one")
        best = int(np.nanargmax(level_matrix(values)))
        votes.append(best)
        path.append(float(values[best]))
        total += voters[best]
    until = int(np.argmax(level_matrix(np.array(path)))) + 1
    counts = np.bincount(votes[:until], minlength=len(names))
    return Ensemble({names[i]: int(counts[i]) for i in np.flatnonzero(counts)}, path[until - 1], tuple(path))


def accuracy(task: str, labels: Labels) -> Metric:
    """Returns the official accuracy, trial by trial.

    Args:
        task: one of MedMNIST's task names.
        labels: (N,) class numbers, or (N, L) of 0 and 1.
    """

    def values(trials: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.array([metrics.accuracy(task, labels, trial) for trial in trials])

    return values


def auc(task: str, labels: Labels) -> Metric:
    """Returns the official AUC, trial by trial; NaN where it does not exist.

    There is a trial per voter and round, so it is the AUC of the bootstrap, at a tenth of scikit-learn's time. They
    differ by rounding, to which no choice here listens.
    """

    def values(trials: NDArray[np.float64]) -> NDArray[np.float64]:
        found = weighted_metrics.auc(task, labels, list(trials))(np.ones((len(labels), 1), np.float32))[:, 0]
        return np.where(np.isfinite(trials).all(axis=(1, 2)), found, np.nan)

    return values


def likelihood(task: str, labels: Labels) -> Metric:
    """Minus the log-loss, trial by trial, in nats."""

    def values(trials: NDArray[np.float64]) -> NDArray[np.float64]:
        return -np.array([metrics.log_loss(task, labels, trial) for trial in trials])

    return values


METRICS = {"acc": accuracy, "auc": auc, "log_loss": likelihood}
"""By the column of the results that a protocol chooses by."""
