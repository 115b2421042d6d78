"""Robustness: what corrupted images do to a classifier, as MedMNIST-C measures it (Di Salvo et al., arXiv 2406.17536).

Every error is 1 - balanced accuracy. That of a corruption is the mean over its five severities, and is held against
that of a reference model on the same corruption: BE is the mean ratio of the errors, rBE the mean ratio of what the
corruption adds to the error on clean images. All of it equals `medmnistc.eval.Evaluator`, but for what that hides:
it leaves classes out that no image has, and refuses a clean error of exactly 0.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fuseboard.store.arrays import Labels, Scores
from fuseboard.store.errors import FuseboardError
from fuseboard.store.statistics import one_vs_rest, resampling, weighted_metrics

SEVERITIES = 5
CHUNK = 256
"""Rows whose answers are counted at a time."""


def balanced_error(task: str, labels: Labels, scores: Scores, where: str) -> float:
    """Returns 1 - balanced accuracy; binary and multi-label scores say yes above 0.5, other tasks by their arg max.

    Args:
        task: one of MedMNIST's task names.
        labels: (N,) class numbers, or (N, L) of 0 and 1.
        scores: (N, C) probabilities; for binary tasks the last column counts.
        where: what the scores are of, for errors.

    Raises:
        FuseboardError: scores that are no numbers or do not fit the labels, or a class that no image has: the mean over
            the other classes would be another metric.
    """
    one_vs_rest.check(task, labels, {where: scores})
    check_classes(task, labels, scores.shape[1], where)
    once = np.ones((len(labels), 1), np.float32)
    return 1 - float(weighted_metrics.balanced(task, labels, [scores])(once)[0, 0])


def balanced_errors(labels: Labels, classes: int, n_correct: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Returns (S,) 1 - balanced accuracy of S rows at once, from the images that they were right on.

    Args:
        labels: (N,) class numbers, every one of which occurs; see `check_classes`.
        classes: K.
        n_correct: (S, N), 1 where the answer was right.
    """
    drawn = (labels[:, None] == np.arange(classes)).astype(np.float32)
    # As floats the answers are four times as large, so a part of the rows at a time; sums below 2^24 are exact.
    hits = [n_correct[start : start + CHUNK].astype(np.float32) @ drawn for start in range(0, len(n_correct), CHUNK)]
    shares = np.concatenate(hits).astype(np.float64) / drawn.sum(axis=0, dtype=np.float64)
    return np.asarray(1 - shares.mean(axis=1), np.float64)


def intervals(task: str, labels: Labels, shares: NDArray[np.float32]) -> NDArray[np.float64] | None:
    """Returns (S, 2) 95 % intervals of S balanced errors over the resamples of a test set; None where one image is
    alone of its class, which every resample holds.

    The error is linear in the answers, so that of a mean over corruptions is the mean of their errors.

    Args:
        task: one of MedMNIST's task names, of one label per image.
        labels: (N,) class numbers, every one of which occurs.
        shares: (S, N) right answers per image, as a share of the corruptions that it was seen under.
    """
    sizes = np.bincount(labels)
    if sizes.min() < 2:
        return None
    counts = resampling.draw(task, labels).counts
    weights = counts / (len(sizes) * sizes[labels])
    errors = 1 - weights @ shares.T.astype(np.float64)
    return np.asarray(np.quantile(errors, [0.025, 0.975], axis=0).T, np.float64)


def check_classes(task: str, labels: Labels, classes: int, where: str) -> None:
    """Raises where no image has some class, or some answer to one of several labels; `where` is for the error."""
    if absent := one_vs_rest.seen(task, labels, classes, times=0):
        raise FuseboardError(
            f"{where}: no image {absent}, so there is no balanced accuracy; take a test set that has every class"
        )


@dataclass(frozen=True)
class Reference:
    """Balanced errors of the model that others are held against."""

    clean: float
    corrupted: Mapping[str, float]
    """Corruption -> mean over its severities."""

    def __post_init__(self) -> None:
        for corruption, error in self.corrupted.items():
            if not error > 0 or error == self.clean:
                raise FuseboardError(
                    f"reference: an error of {error} under {corruption} and of {self.clean} without cannot be divided "
                    "by; take another reference"
                )

    @property
    def helped(self) -> tuple[str, ...]:
        """Corruptions under which it errs less than on clean images, so that the sign of rBE turns there."""
        return tuple(corruption for corruption in self.corrupted if self.added(corruption) < 0)

    def added(self, corruption: str) -> float:
        """What a corruption adds to the clean error; negative where it helps."""
        return self.corrupted[corruption] - self.clean


@dataclass(frozen=True)
class Errors:
    """Balanced errors of one classifier."""

    clean: float
    corrupted: Mapping[str, Sequence[float]]
    """Corruption -> one error per severity, the mildest first."""

    def __post_init__(self) -> None:
        for corruption, errors in {"clean images": [self.clean] * SEVERITIES, **self.corrupted}.items():
            if len(errors) != SEVERITIES:
                raise FuseboardError(
                    f"{corruption}: errors of {len(errors)} severities, {SEVERITIES} are asked for; measure the others"
                )
            if not all(0 <= error <= 1 for error in errors):
                raise FuseboardError(f"{corruption}: an error is not between 0 and 1; measure it again")

    @classmethod
    def of(cls, clean: float, by_split: Mapping[str, float]) -> "Errors":
        """Makes the errors from the clean error and those of every `<corruption>-<severity>`."""
        found: dict[str, dict[int, float]] = {}
        for split, error in by_split.items():
            corruption, _, severity = split.rpartition("-")
            found.setdefault(corruption, {})[int(severity)] = error
        ordered = {name: tuple(errors[s] for s in sorted(errors)) for name, errors in sorted(found.items())}
        return cls(clean, ordered)

    @property
    def mean(self) -> float:
        """Returns the mean over corruptions."""
        return float(np.mean(list(self.means.values())))

    @cached_property
    def means(self) -> dict[str, float]:
        """Corruption -> mean over its severities."""
        return {corruption: float(np.mean(errors)) for corruption, errors in self.corrupted.items()}


@dataclass(frozen=True)
class Robustness:
    """Errors held against a reference that met the same corruptions."""

    errors: Errors
    reference: Reference

    def __post_init__(self) -> None:
        measured, known = set(self.errors.corrupted), set(self.reference.corrupted)
        for names, lack in ((known - measured, "is not measured"), (measured - known, "is not in the reference")):
            if names:
                raise FuseboardError(
                    f"{min(names)} {lack}, so there is no mean over corruptions; give both errors under the same ones"
                )

    @cached_property
    def be(self) -> dict[str, float]:
        """Corruption -> error as a multiple of the reference's; below 1 is better than it."""
        return {name: error / self.reference.corrupted[name] for name, error in self.errors.means.items()}

    @cached_property
    def rbe(self) -> dict[str, float]:
        """Corruption -> added error as a multiple of the reference's.

        Where the reference errs hardly more than on clean images the ratio is huge; where it errs less, its sign turns.
        """
        return {name: self._added[name] / self.reference.added(name) for name in self.errors.means}

    @property
    def mean_be(self) -> float:
        """BE of the paper."""
        return float(np.mean(list(self.be.values())))

    @property
    def mean_rbe(self) -> float:
        """rBE of the paper, which one small denominator can decide."""
        return float(np.mean(list(self.rbe.values())))

    @property
    def rbe_of_sums(self) -> float | None:
        """Added errors of all corruptions over those of the reference, which no small denominator decides.

        None where the reference's add up to nothing or less.
        """
        total = sum(map(self.reference.added, self.errors.means))
        return sum(self._added.values()) / total if total > 0 else None

    @cached_property
    def _added(self) -> dict[str, float]:
        return {name: error - self.errors.clean for name, error in self.errors.means.items()}
