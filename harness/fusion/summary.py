"""The summary: what a fusion was trained on, and what it measures, each number with its interval."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.classifiers import metrics
from fuseboard.harness.classifiers.tasks import REGRESSION
from fuseboard.store.statistics import test_metrics

RESAMPLES = 1_000


@dataclass(frozen=True)
class Summary:
    """What a fusion was trained on."""

    images: int
    """That it learned from."""
    validation: int
    """That were held out."""
    classes: Mapping[str, int]
    """Class or label -> images that it learned from."""
    groups: int | None
    """Groups, such as patients, of all images; None where nobody said."""
    dataset: str | None
    licence: str | None
    protocol: str | None
    seconds: float
    """Of fitting; embedding is not in it."""


@dataclass(frozen=True)
class Measured:
    """One metric on one split."""

    name: str
    """`auc`, `acc`, `balanced_acc`, `log_loss`, `ece`, `brier`; `rmse`, `r2`, `spearman`."""
    split: str
    value: float | None
    low: float | None
    high: float | None
    """The 95 % interval over resamples of the images; None where there is none."""
    images: int
    reason: str | None = None
    """Why there is no value, or no interval."""


def measure(
    task: str, labels: NDArray[Any], scores: NDArray[np.floating[Any]], split: str, seed: int = 0
) -> list[Measured]:
    """Measures predictions against the truth.

    Args:
        task: one of MedMNIST's task names, or `regression`.
        labels: (N,) class numbers, (N, L) of 0 and 1, or (N,) numbers.
        scores: (N, C) probabilities, or (N, 1) numbers.
        split: where the images are from.
        seed: of the resamples of regression; those of classes are the boards' own.
    """
    images = len(labels)
    if task == REGRESSION:
        return _regression(np.asarray(labels, np.float64), scores[:, 0].astype(np.float64), split, seed)
    found = test_metrics.measure(task, labels, {"": scores})[""]
    plain = metrics.measure(task, labels, scores)
    if isinstance(found, str):
        facts = {"auc": plain.auc, "acc": plain.acc, "log_loss": plain.log_loss}
        return [Measured(name, split, value, None, None, images, found) for name, value in facts.items()]
    measured = []
    for name in ("auc", "acc", "balanced_acc"):
        interval = getattr(found, name).interval()
        measured.append(Measured(name, split, interval.value, interval.low, interval.high, images, interval.reason))
    alone = "not resampled"
    measured.append(Measured("log_loss", split, plain.log_loss, None, None, images, alone))
    ece, brier = found.ece, found.brier
    for name, value in (("ece", ece), ("brier", brier)):
        measured.append(Measured(name, split, value, None, None, images, found.uncalibrated or alone))
    return measured


def _regression(truth: NDArray[np.float64], said: NDArray[np.float64], split: str, seed: int) -> list[Measured]:
    """RMSE, the share of variance explained, and the rank correlation."""
    rng, images = np.random.default_rng(seed), len(truth)
    draws = [np.arange(images), *(rng.integers(images, size=images) for _ in range(RESAMPLES))]
    values = np.array([_scores(truth[rows], said[rows]) for rows in draws])
    found = []
    for place, name in enumerate(("rmse", "r2", "spearman")):
        value, resampled = values[0, place], values[1:, place]
        sound = resampled[np.isfinite(resampled)]
        if not np.isfinite(value) or not len(sound):
            found.append(Measured(name, split, None, None, None, images, "every number is the same"))
            continue
        low, high = np.quantile(sound, [0.025, 0.975])
        found.append(Measured(name, split, float(value), float(low), float(high), images))
    return found


def _scores(truth: NDArray[np.float64], said: NDArray[np.float64]) -> tuple[float, float, float]:
    from scipy.stats import rankdata

    error = float(((truth - said) ** 2).mean())
    spread = float(truth.var())
    a, b = (rankdata(each) - (len(truth) + 1) / 2 for each in (truth, said))
    norm = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return np.sqrt(error), 1 - error / spread if spread else np.nan, float((a * b).sum()) / norm if norm else np.nan
