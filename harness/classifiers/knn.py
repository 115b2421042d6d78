"""k nearest neighbours by cosine similarity: what the geometry of embeddings says when nothing is learned."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from fuseboard.harness.classifiers import classifier
from fuseboard.harness.classifiers.classifier import Advance, Blocks, Candidate, Classifier, StreamedClassifier
from fuseboard.harness.classifiers.stream import Stream
from fuseboard.store.arrays import BINARY, Labels
from fuseboard.store.errors import UsageError

if TYPE_CHECKING:
    from torch import Tensor

GRID = (100, 50, 20, 10, 5, 3, 1)
"""Neighbours that vote alike; the smoothest first, which wins among equals."""
RULES = {"metric": "cosine, mean over backbones", "weights": "uniform"}
"""What decides the numbers beside k."""


class Params(classifier.Params):
    """scikit-learn's name for k."""

    n_neighbors: int = Field(ge=1)


@dataclass(frozen=True)
class KNN(StreamedClassifier):
    """The share of its k nearest training rows that each class has, as the probability of a row."""

    Params = Params
    SHARED_FIT = True
    BATCH_ROWS = 8_192  # one pass over training serves as many: 64 MiB of similarities with one of its batches
    PASSES = 0

    def fit(self, features: Blocks, labels: Labels) -> "Votes":
        """Keeps the training rows."""
        return self.fit_grid([self], features, labels)

    @classmethod
    def grid(cls) -> Sequence[Candidate]:
        """Lists every k."""
        return cls._candidates({"grid": list(GRID), **RULES})

    @classmethod
    def stream_grid(cls) -> Sequence[Candidate]:
        """Lists every k."""
        return cls._candidates(RULES)

    @classmethod
    def _candidates(cls, rules: Mapping[str, Any]) -> Sequence[Candidate]:
        return [Candidate(f"k={k}", {"n_neighbors": k}, {**rules, "k": k}, min_rows=k) for k in GRID]

    @classmethod
    def fit_grid(cls, settings: Sequence[Classifier], features: Blocks, labels: Labels) -> "Votes":
        """Keeps the training rows, in which one search for neighbours serves every k."""
        first = settings[0]
        truth = truth_of(first.task, labels, first.n_classes)
        return Votes(joined(features), truth, _checked(settings, len(labels)))

    @classmethod
    def fit_stream(cls, settings: Sequence[Self], train: Stream, advance: Advance) -> "StreamedVotes":
        """Reads nothing yet: every prediction is a pass over training."""
        first = settings[0]
        return StreamedVotes(train, first.n_classes, _checked(settings, train.rows), first.device)


def _checked(settings: Sequence[Classifier], rows: int) -> list[int]:
    """Lists the settings' k.

    Raises:
        UsageError: more neighbours than training rows.
    """
    ks = [setting.params["n_neighbors"] for setting in settings]
    if max(ks) > rows:
        raise UsageError(f"{max(ks)} neighbours of {rows} training images; take a smaller k")
    return ks


@dataclass(frozen=True)
class Votes:
    """Training rows (M, D), joined, their truth (M, C), and how many neighbours vote in each setting."""

    train: NDArray[np.float32]
    truth: NDArray[np.float32]
    ks: Sequence[int]

    def predict(self, features: Blocks) -> NDArray[np.float32]:
        """Predicts the probabilities (N, C) of the first setting; a binary task has one column."""
        return next(self.predict_each(features))

    def predict_each(self, features: Blocks) -> Iterator[NDArray[np.float32]]:
        """Predicts the probabilities (N, C) of each setting."""
        near = neighbours(self.train, joined(features), max(self.ks))
        return (shares(self.truth, near[:, :k]) for k in self.ks)


@dataclass(frozen=True)
class StreamedVotes:
    """The same over a stream, in which training is read once for every batch that is predicted."""

    train: Stream
    n_classes: int
    ks: Sequence[int]
    device: str

    def predict_each(self, features: Blocks) -> Iterator["Tensor"]:
        """Predicts the probabilities (N, C) of each setting on the device; equal counts stay equal."""
        import torch

        labels = torch.from_numpy(self.train.labels.astype("int64")).to(self.device)
        votes = labels[self.nearest(joined(features), max(self.ks))]
        for k in self.ks:
            counts = torch.zeros(len(votes), self.n_classes, device=self.device)
            yield counts.scatter_add_(1, votes[:, :k], torch.ones_like(votes[:, :k], dtype=counts.dtype)) / k

    def nearest(self, rows: NDArray[np.float32], k: int) -> "Tensor":
        """Finds the places (n, k) of the training rows nearest to joined rows (n, D), the nearest first.

        Equal ones come in any order.
        """
        import torch

        unseen = torch.from_numpy(rows).to(self.device)
        best = torch.empty(len(rows), 0, device=self.device)
        places = torch.empty(len(rows), 0, dtype=torch.int64, device=self.device)
        for batch in self.train.batches():
            similarities = unseen @ torch.from_numpy(joined(batch.parts)).to(self.device).T
            near, where = similarities.topk(min(k, similarities.shape[1]), dim=1)
            best, places = torch.cat([best, near], dim=1), torch.cat([places, where + batch.start], dim=1)
            best, kept = best.topk(min(k, best.shape[1]), dim=1)
            places = places.gather(1, kept)
        return places


def joined(blocks: Blocks) -> NDArray[np.float32]:
    """Joins blocks (N, D_k) side by side, every row of each divided by its length.

    The cosine similarity of two joined rows is then the mean of the backbones' own, whatever their scales and widths;
    of plain joined rows it would be that of the backbone with the longest vectors. A row of zeros stays one.
    """
    from sklearn.preprocessing import normalize

    return np.concatenate([normalize(block) for block in blocks], axis=1)


def truth_of(task: str, labels: NDArray[np.integer[Any]], n_classes: int) -> NDArray[np.float32]:
    """Spreads labels to (N, C) of 0 and 1: classes, labels, or one column for the positive class of a binary task."""
    if task == BINARY:
        return labels.reshape(-1, 1).astype(np.float32)
    return labels.astype(np.float32) if labels.ndim > 1 else np.eye(n_classes, dtype=np.float32)[labels]


def neighbours(train: NDArray[np.float32], rows: NDArray[np.float32], k: int) -> NDArray[np.intp]:
    """Finds the numbers (N, k) of the nearest training rows, the nearest first; the first j are the j nearest."""
    from sklearn.neighbors import NearestNeighbors

    found: NDArray[np.intp] = (
        NearestNeighbors(n_neighbors=k, metric="cosine", algorithm="brute")
        .fit(train)
        .kneighbors(rows, return_distance=False)
    )
    return found


def shares(truth: NDArray[np.float32], near: NDArray[np.intp]) -> NDArray[np.float32]:
    """Counts probabilities (N, C): the share of a row's (N, k) neighbours that each class of the (M, C) truth has."""
    total = np.zeros((len(near), truth.shape[1]), np.float32)
    for column in near.T:  # one neighbour at a time: N x k x C numbers would not fit for large test sets
        total += truth[column]
    total /= near.shape[1]
    return total
