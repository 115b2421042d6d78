"""One fit: a subset's blocks in, predictions and what they cost out."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.classifiers.classifier import Blocks, Classifier
from fuseboard.harness.classifiers.gpu_cache import current
from fuseboard.harness.runtime import profiling
from fuseboard.harness.runtime.vram import Span

Rows = NDArray[np.intp]
Fold = tuple[Rows, Rows]
"""Rows to train on and rows to predict."""


@dataclass(frozen=True)
class Order:
    """What to fit, and what to predict with it."""

    classifier: Classifier
    splits: tuple[str, ...]
    """`val`, `test`, or `cv`: the folds below."""
    rows: Rows | None = None
    """Rows of training that are used, where not all are used."""
    folds: Sequence[Fold] = ()
    """The folds over the rows of train followed by those of val."""


@dataclass(frozen=True)
class Outcome:
    """What the fits of one subset predicted, and their cost."""

    scores: dict[str, list[NDArray[np.floating[Any]]]]
    """Split -> (N, C) probabilities, one array, or one for every fold."""
    fit_s: float
    predict_s: dict[str, float]
    peak_rss_mb: float | None
    hardware: str
    peak_vram_mb: float | None = None
    """Largest memory of the process on the GPU meanwhile; None without one."""
    libraries: Mapping[str, str] = field(default_factory=dict)
    """Versions of what took part in these fits alone."""


def fit(order: Order, labels: NDArray[np.integer[Any]], *blocks: NDArray[np.float32]) -> Outcome:
    """Joins a subset, trains on its training split and predicts the others, or trains and predicts fold by fold.

    Args:
        order: with the classifier, which has the parameters of the protocol.
        labels: of train, then of val.
        blocks: K of train, then K of val, then K of test. They are arguments of their own, and not one nested object,
            so that a cluster sends every block to a worker once.
    """
    k, setting = len(blocks) // 3, order.classifier
    scores: dict[str, list[NDArray[np.float32]]] = {split: [] for split in order.splits}
    libraries: dict[str, str] = {}
    fit_s, predict_s = 0.0, dict.fromkeys(order.splits, 0.0)
    with Span(setting.device) as span, current(setting.device):
        train, val, test = (setting.placed(blocks[i * k : (i + 1) * k]) for i in range(3))
        for learn, truth, unseen in _rounds(order, labels, train, val, test):
            began = time.perf_counter()
            fitted = setting.fit(learn, truth)
            fit_s += time.perf_counter() - began
            libraries.update(getattr(fitted, "libraries", {}))
            for split, features in unseen.items():
                began = time.perf_counter()
                scores[split].append(fitted.predict(features))
                predict_s[split] += time.perf_counter() - began
    hardware = profiling.hardware(setting.device)
    return Outcome(scores, fit_s, predict_s, profiling.peak_rss_mb(), hardware, span.peak_mb, libraries)


def _rounds(order: Order, labels: NDArray[np.integer[Any]], train: Blocks, val: Blocks, test: Blocks) -> Any:
    """Blocks to learn from, their labels, and split -> blocks to predict; one round, and one for every fold."""
    held_out = {split: blocks for split, blocks in (("val", val), ("test", test)) if split in order.splits}
    if held_out:
        rows = np.arange(len(train[0])) if order.rows is None else order.rows
        learn = train if order.rows is None else [block[rows] for block in train]
        yield learn, labels[rows], held_out
    if "cv" in order.splits:
        both = [np.concatenate(pair) for pair in zip(train, val, strict=True)]
        for seen, unseen in order.folds:
            rows = seen if order.rows is None else seen[np.isin(seen, order.rows) | (seen >= len(train[0]))]
            yield [block[rows] for block in both], labels[rows], {"cv": [block[unseen] for block in both]}
