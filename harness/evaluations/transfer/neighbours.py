"""k nearest neighbours over a stream: some unseen images at a time against all of training, batch by batch."""

import time
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fuseboard.harness.classifiers.knn import joined
from fuseboard.harness.evaluations.transfer.stream import Stream
from fuseboard.harness.evaluations.transfer.tally import Tally
from fuseboard.harness.evaluations.transfer.task import Advance, Answer, Task
from fuseboard.store.errors import UsageError

CHUNK_ROWS = 8_192
"""Unseen images that one pass over training serves: 64 MiB of similarities with one batch."""
SETTING = {"metric": "cosine, mean over backbones", "weights": "uniform"}
"""Of every k, beside k itself."""


def passes(task: Task) -> int:
    """Over training, that the unseen images need."""
    return sum(-(-unseen.rows // CHUNK_ROWS) for unseen in task.unseen.values())


def measure(task: Task, ks: Sequence[int], advance: Advance) -> list[Answer]:
    """Counts the answers of every k, each charged the one search that all share; nothing is fitted.

    Args:
        task: what votes and what to answer.
        ks: neighbours that vote alike, for each answer.
        advance: told of every pass over training.

    Raises:
        UsageError: more neighbours than training images.
    """
    labels = torch.from_numpy(task.train.labels.astype("int64")).to(task.device)
    tallies, predict_s = {}, {}
    for split, unseen in task.unseen.items():
        began = time.perf_counter()
        tallies[split] = [Tally(task.n_classes) for _ in ks]
        for chunk in unseen.batches(CHUNK_ROWS):
            votes = labels[nearest(task.train, joined(chunk.parts), max(ks), task.device)]
            truth = torch.from_numpy(chunk.labels.astype("int64")).to(task.device)
            for k, tally in zip(ks, tallies[split], strict=True):
                tally.add(shares(votes[:, :k], task.n_classes), truth)
            advance(1)
        predict_s[split] = time.perf_counter() - began
    return [
        Answer({split: counted[number] for split, counted in tallies.items()}, 0.0, predict_s)
        for number in range(len(ks))
    ]


def nearest(train: Stream, rows: NDArray[np.float32], k: int, device: str) -> Tensor:
    """(n, k) places of the training rows nearest to joined rows (n, D), the nearest first; equal ones in any order.

    Raises:
        UsageError: more neighbours than training rows.
    """
    if k > train.rows:
        raise UsageError(f"{train.dataset}: {k} neighbours of {train.rows} training images; take a smaller k")
    unseen = torch.from_numpy(rows).to(device)
    best = torch.empty(len(rows), 0, device=device)
    places = torch.empty(len(rows), 0, dtype=torch.int64, device=device)
    for batch in train.batches():
        alike = unseen @ torch.from_numpy(joined(batch.parts)).to(device).T
        near, where = alike.topk(min(k, alike.shape[1]), dim=1)
        best, places = torch.cat([best, near], dim=1), torch.cat([places, where + batch.start], dim=1)
        best, kept = best.topk(min(k, best.shape[1]), dim=1)
        places = places.gather(1, kept)
    return places


def shares(votes: Tensor, n_classes: int) -> Tensor:
    """Probabilities (n, C): the share of a row's (n, k) votes that each class has; equal counts stay equal."""
    counts = torch.zeros(len(votes), n_classes, device=votes.device)
    counts.scatter_add_(1, votes, torch.ones_like(votes, dtype=counts.dtype))
    return counts / votes.shape[1]
