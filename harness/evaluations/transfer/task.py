"""The task: what every classifier of transfer is given, and what each of them answers."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from fuseboard.harness.classifiers import stream
from fuseboard.harness.classifiers.classifier import Advance, StreamedClassifier
from fuseboard.harness.classifiers.stream import Stream
from fuseboard.harness.evaluations.transfer.tally import Tally
from fuseboard.harness.runtime.precision import computing
from fuseboard.store.arrays import MULTI_CLASS, ORDINAL
from fuseboard.store.embeddings.manifest import SPLITS, DatasetEntry
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError, UsageError


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


def batches_to_predict(task: Task, kind: type[StreamedClassifier]) -> int:
    """Counts the batches of unseen images that a classifier predicts."""
    return sum(-(-unseen.rows // kind.BATCH_ROWS) for unseen in task.unseen.values())


@torch.no_grad()
def measure(task: Task, settings: Sequence[StreamedClassifier], advance: Advance) -> list[Answer]:
    """Fits settings of one classifier together and counts their answers; each is charged all that they share.

    All of it is computed in IEEE single precision, whatever the device.

    Args:
        task: what to learn and what to answer.
        settings: of one classifier.
        advance: is told of the passes over training, and of every batch that is predicted.
    """
    with computing("fp32", settings[0].device):
        return _measured(task, settings, advance)


def _measured(task: Task, settings: Sequence[StreamedClassifier], advance: Advance) -> list[Answer]:
    kind, device, began = type(settings[0]), settings[0].device, time.perf_counter()
    fitted = kind.fit_stream(settings, task.train, advance)
    fit_s, tallies, predict_s = time.perf_counter() - began, {}, {}
    for split, unseen in task.unseen.items():
        began = time.perf_counter()
        tallies[split] = [Tally(task.n_classes) for _ in settings]
        for batch in unseen.batches(kind.BATCH_ROWS):
            truth = torch.from_numpy(batch.labels.astype("int64")).to(device)
            for tally, scores in zip(tallies[split], fitted.predict_each(batch.parts), strict=True):
                tally.add(torch.as_tensor(scores, device=device), truth)
            advance(1)
        predict_s[split] = time.perf_counter() - began
    return [
        Answer({split: counted[number] for split, counted in tallies.items()}, fit_s, predict_s)
        for number in range(len(settings))
    ]


class NothingToLearn(FuseboardError):
    """Every backbone of a subset says the same of every training image."""


def check_kind(dataset: str, facts: DatasetEntry) -> None:
    """Raises UsageError unless each image has exactly one of several classes."""
    if facts.task not in (MULTI_CLASS, ORDINAL):
        raise UsageError(
            f"{dataset}: transfer measures top-1 and top-5 among several classes, and the task is {facts.task}; "
            "use `fuseboard evaluate linear-probe` or `knn`"
        )


def open_task(versions: tuple[Version, ...], dataset: str, facts: DatasetEntry) -> Task:
    """Opens all splits and looks at labels and vectors before anything is fitted.

    Raises:
        FuseboardError: a damaged shard, labels that are no class, or a class without a training image.
        NothingToLearn: every backbone says the same of every image.
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
    _check_that_vectors_differ(train)
    return Task(train, {part.split: part for part in others}, facts.n_classes)


def _check_that_vectors_differ(train: Stream) -> None:
    """Reads until a backbone has said something else of some image than of the first, mostly one batch."""
    constant, first = dict(enumerate(train.versions)), None
    for batch in train.batches():
        first = first or [part[0].copy() for part in batch.parts]
        constant = {n: version for n, version in constant.items() if (batch.parts[n] == first[n]).all()}
        if len(constant) < len(train.versions):
            return
    raise NothingToLearn(
        f"{train.dataset}: {next(iter(constant.values())).spec} has the same vector for all {train.rows} training "
        "images, so there is nothing to learn from it; check its card and extract it again, or leave it out with "
        "--backbones"
    )
