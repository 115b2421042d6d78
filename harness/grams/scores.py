"""Ridge regression on every subset, from sums alone: the squared errors of the pooled images."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from fuseboard.harness.classifiers.fusion import Subset, all_subsets
from fuseboard.harness.classifiers.one_thread import ONE_THREAD
from fuseboard.harness.grams.shared import Matrix, SharedGrams, Sums

ALPHAS = tuple(10.0**power for power in range(7, -3, -1))
"""scikit-learn's alpha on standardised columns, the strongest first, which wins among equals."""


@dataclass(frozen=True)
class SubsetScore:
    """What ridge on one-hot targets explains of the answers, 1 at best, with the penalty that validation prefers."""

    subset: Subset
    alpha: float
    val_r2: float
    """Mean over classes."""
    test_r2: float


def scores(shared: SharedGrams) -> list[SubsetScore]:
    """Fits every subset; the best on validation comes first, and of equals the smaller one."""
    with ONE_THREAD.held():
        found = [_score(shared, subset) for subset in all_subsets(shared.facts.backbones)]
    return sorted(found, key=lambda one: (-one.val_r2, len(one.subset), one.subset))


def _score(shared: SharedGrams, subset: Subset) -> SubsetScore:
    where = np.concatenate(list(_columns(shared, subset)))
    train, val, test = (_of(shared.splits[split], where) for split in ("train", "val", "test"))
    mean, answer = train.sums / train.rows, train.answers / train.rows
    variance = np.diagonal(train.products) / train.rows - mean**2
    noise = train.rows * np.finfo(np.float64).eps * (variance + mean**2)
    scale = np.where(variance > noise, np.sqrt(np.maximum(variance, noise)), np.inf)
    products, with_answers = _centred(train, mean, answer, scale)
    values, axes = np.linalg.eigh(products)
    response = axes.T @ with_answers
    best: tuple[float, float, Matrix] | None = None
    for alpha in ALPHAS:
        weights = axes @ (response / (np.maximum(values, 0) + alpha)[:, None])
        explained = _r2(val, mean, answer, scale, weights)
        if best is None or explained > best[0]:
            best = explained, alpha, weights
    assert best is not None
    val_r2, alpha, weights = best
    return SubsetScore(subset, alpha, val_r2, _r2(test, mean, answer, scale, weights))


def _columns(shared: SharedGrams, subset: Subset) -> Iterator[Matrix]:
    ends = np.cumsum(shared.facts.dims)
    for name, width, end in zip(shared.facts.backbones, shared.facts.dims, ends, strict=True):
        if name in subset:
            yield np.arange(end - width, end)


def _of(own: Sums, where: Matrix) -> Sums:
    return Sums(own.rows, own.sums[where], own.products[np.ix_(where, where)], own.answers, own.with_answers[where])


def _centred(own: Sums, mean: Matrix, answer: Matrix, scale: Matrix) -> tuple[Matrix, Matrix]:
    """Products of standardised columns with each other, and with centred answers, whatever the mean is of."""
    cross = np.outer(own.sums, mean)
    products = own.products - cross - cross.T + own.rows * np.outer(mean, mean)
    with_answers = own.with_answers - np.outer(own.sums, answer) - np.outer(mean, own.answers - own.rows * answer)
    return products / np.outer(scale, scale), with_answers / scale[:, None]


def _r2(own: Sums, mean: Matrix, answer: Matrix, scale: Matrix, weights: Matrix) -> float:
    """1 less the squared error over that of the split's own mean answer; classes that a split has none or only of are
    left out."""
    products, with_answers = _centred(own, mean, answer, scale)
    around = own.answers - 2 * answer * own.answers + own.rows * answer**2
    error = around - 2 * (weights * with_answers).sum(axis=0) + (weights * (products @ weights)).sum(axis=0)
    # the intercept is that of training, so the answers' own mean takes no part in it
    total = own.answers - own.answers**2 / own.rows
    seen = total > 0
    return float(np.mean(1 - error[seen] / total[seen])) if seen.any() else float("nan")
