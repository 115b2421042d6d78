"""The task: what every classifier of transfer is given, and what each of them answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fuseboard.harness.evaluations.transfer import stream
from fuseboard.harness.evaluations.transfer.moments import Moments, moments
from fuseboard.harness.evaluations.transfer.stream import Stream
from fuseboard.harness.evaluations.transfer.tally import Tally
from fuseboard.store.embeddings.manifest import SPLITS, DatasetEntry
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError, UsageError

Advance = Callable[[int], None]
"""Tells of finished passes."""


@dataclass(frozen=True)
class Answer:
    """One setting's answers on the splits that it did not learn from, and their cost in seconds."""

    tallies: Mapping[str, Tally]
    fit_s: float
    predict_s: Mapping[str, float]


@dataclass(frozen=True)
class Task:
    """The three splits of one backbone, or of several joined."""

    train: Stream
    unseen: Mapping[str, Stream]
    """`val` and `test`."""
    n_classes: int
    device: str

    @cached_property
    def moments(self) -> Moments:
        """Of training."""
        return moments(self.train)


def check_kind(dataset: str, facts: DatasetEntry) -> None:
    """Raises UsageError unless each image has exactly one of several classes."""
    if facts.task not in ("multi-class", "ordinal-regression"):
        raise UsageError(
            f"{dataset}: transfer measures top-1 and top-5 among several classes, and the task is {facts.task}; "
            "use `fuseboard evaluate linear-probe` or `knn`"
        )


def open_task(versions: tuple[Version, ...], dataset: str, facts: DatasetEntry, device: str) -> Task:
    """Opens all splits and looks at labels and vectors before anything is fitted.

    Raises:
        FuseboardError: a damaged shard, labels that are no class, a class without a training image, a backbone that
            says the same of every one, or a training vector that is not finite.
    """
    train, *others = (stream.verified(versions, dataset, split) for split in SPLITS)
    for part in (train, *others):
        if part.labels.max() >= facts.n_classes:
            row = int(part.labels.argmax())
            raise FuseboardError(
                f"{dataset} {part.split}: id {part.ids[row]} has label {part.labels[row]} of {facts.n_classes} "
                "classes; extract it again"
            )
    absent = np.flatnonzero(np.bincount(train.labels, minlength=facts.n_classes) == 0)
    if len(absent):
        raise FuseboardError(
            f"{dataset}: no training image is of class {absent[0]} ({facts.label_names[absent[0]]}; {len(absent)} such "
            "classes); every class needs one at least"
        )
    task = Task(train, {part.split: part for part in others}, facts.n_classes, device)
    _ = task.moments
    return task
