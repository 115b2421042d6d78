"""One-vs-rest: predictions as yes-no questions, one per class or label, checked before anything is computed on them."""

import hashlib
from collections.abc import Hashable, Mapping
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from fuseboard.store.arrays import BINARY, MULTI_LABEL, TASKS, Labels, Scores
from fuseboard.store.errors import FuseboardError, unknown

Key = TypeVar("Key", bound=Hashable)
"""What a caller calls a row by."""


def check(task: str, labels: Labels, rows: Mapping[Key, Scores]) -> None:
    """Refuses predictions that cannot all be about the images of these labels.

    Args:
        task: one of MedMNIST's task names.
        labels: (N,) class numbers, or (N, L) of 0 and 1 for multi-label.
        rows: row -> scores, all of one width unless the task is binary.

    Raises:
        FuseboardError: no row, no image, shapes that disagree, a label that no column answers, NaN or infinite scores.
    """
    if task not in TASKS:
        raise unknown("task", task, TASKS)
    if not rows:
        raise FuseboardError("no row kept its predictions, so nothing can be resampled or compared; search once more")
    if labels.ndim != (2 if task == MULTI_LABEL else 1) or not labels.size:
        raise FuseboardError(
            f"labels of shape {labels.shape} are not those of a {task} task; give (N,), or (N, L) of 0 and 1"
        )
    first: int | None = None
    for name, scores in rows.items():
        if scores.ndim != 2 or len(scores) != len(labels):
            raise FuseboardError(f"row {name}: scores of shape {scores.shape} for {len(labels)} labels; predict again")
        width = scores.shape[1]
        answers = labels.shape[1] if task == MULTI_LABEL else None
        wrong = width not in (1, 2) if task == BINARY else width != answers if answers else width < 2
        first = width if first is None else first
        if wrong or (task != BINARY and width != first):
            raise FuseboardError(f"row {name}: {width} columns of scores do not fit the {task} task; predict again")
        if bad := int((~np.isfinite(scores)).sum()):
            raise FuseboardError(f"row {name}: {bad} scores are NaN or infinite; predict again")
    classes = 2 if task in (BINARY, MULTI_LABEL) else first
    if labels.min() < 0 or labels.max() >= (classes or 0):
        raise FuseboardError(f"labels reach from {labels.min()} to {labels.max()}, but there are {classes} classes")


def truth(task: str, labels: Labels, classes: int) -> NDArray[np.bool_]:
    """Returns (N, K) right answers to the K questions: one of a binary task, else one per class or label."""
    if task == BINARY:
        return labels[:, None] > 0
    return labels > 0 if task == MULTI_LABEL else labels[:, None] == np.arange(classes)


def columns(task: str, scores: Scores) -> NDArray[np.float64]:
    """Returns (N, K) scores of the questions, higher for yes."""
    return np.asarray(scores[:, -1:] if task == BINARY else scores, np.float64)


def seen(task: str, labels: Labels, classes: int, times: int) -> str | None:
    """Which class, or which answer to a label, exactly so many images have; the first, or None."""
    yes = truth(task, labels, classes).sum(axis=0)
    no = len(labels) - yes
    if task == MULTI_LABEL:
        named = [("has label", c, n) for c, n in enumerate(yes)] + [("lacks label", c, n) for c, n in enumerate(no)]
    else:
        named = [("is of class", c, n) for c, n in enumerate([no[0], yes[0]] if task == BINARY else yes)]
    return next((f"{verb} {c}" for verb, c, n in named if n == times), None)


def digest(labels: Labels, *more: bytes) -> str:
    """Returns 16 hexadecimal digits that tell test sets apart, whatever the integer type of their labels is."""
    found = hashlib.sha256(str(labels.shape).encode() + labels.astype("<i8").tobytes())
    for each in more:
        found.update(each)
    return found.hexdigest()[:16]
