"""Novelty: images unlike the training set, by their distance from its embeddings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.classifiers import knn
from fuseboard.harness.classifiers.fusion import BATCH_ROWS
from fuseboard.harness.classifiers.one_thread import ONE_THREAD
from fuseboard.harness.datasets.limited import draw

Blocks = Mapping[str, NDArray[np.float32]]
"""Backbone -> (N, D_k)."""

DIRECTIONS = 256
"""Principal directions at most."""
ROWS = 5_000
"""Training images that are kept at most."""
DIRECTION_ROWS = 2_000
"""Of them, those that the directions are of."""
NOISE = 1e-12
"""Share of the first direction's variance below which another's is rounding."""
NEIGHBOURS = 5
SHARE = 0.95
"""Of validation that is below the threshold."""
FOLDS = 5
SEED = "2026 novelty"


@dataclass(frozen=True)
class Novelty:
    """Training images in a plane of their embeddings, and how far from them an image is still alike."""

    backbones: tuple[str, ...]
    projection: NDArray[np.float32]
    """(P, D), of length 1 and at right angles."""
    center: NDArray[np.float32]
    """(D,)"""
    training: NDArray[np.float32]
    """(M, P)"""
    labels: NDArray[Any]
    """(M,) or (M, L)"""
    names: tuple[str, ...]
    """Of the M images."""
    threshold: float
    false_alarms: float
    """Share of the images that the threshold was measured on that are flagged."""
    images: int
    """That the threshold was measured on."""
    k: int

    @property
    def expected_false_alarms(self) -> tuple[float, float, float]:
        """The share of false alarms to expect among images like those it was measured on, and its interval of 95 %.

        The share above the j-th lowest of n distances is Beta(n + 1 - j, j), whatever their distribution.
        """
        from scipy.stats import beta

        place = _place(self.images)
        share = beta(self.images + 1 - place, place)
        low, high = share.ppf([0.025, 0.975])
        return float(share.mean()), float(low), float(high)

    def distances(self, blocks: Blocks) -> NDArray[np.float64]:
        """The mean distance (N,) of images from the k nearest of training."""
        mean: NDArray[np.float64] = self.nearest(blocks, self.k)[1].mean(axis=1)
        return mean

    def is_unlike(self, blocks: Blocks) -> NDArray[np.bool_]:
        """Whether images (N,) are further from training than nearly all of validation."""
        return self.distances(blocks) > self.threshold

    def nearest(self, blocks: Blocks, k: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Numbers (N, k) of the nearest training images, the nearest first, and their distances (N, k).

        The part of an image outside of the plane counts as well: what no training image has is a distance from all.
        """
        k = min(k, len(self.training))
        squares = np.square(self.training, dtype=np.float64).sum(axis=1)
        parts, found = [blocks[name] for name in self.backbones], []
        for start in range(0, len(parts[0]), BATCH_ROWS):
            rows = knn.joined([part[start : start + BATCH_ROWS] for part in parts]) - self.center
            own = rows @ self.projection.T
            outside = np.square(rows - own @ self.projection).sum(axis=1, dtype=np.float64)
            near = np.argsort(squares - 2 * (own @ self.training.T), axis=1, kind="stable")[:, :k]
            inside = [
                np.square(self.training[each] - row).sum(axis=1, dtype=np.float64)
                for row, each in zip(own, near, strict=True)
            ]  # by differences: what a sum of products leaves of the distance of twins is rounding
            found.append((near, np.sqrt(inside + outside[:, None])))
        return np.concatenate([each for each, _ in found]), np.concatenate([each for _, each in found])


def fit(train: Blocks, labels: NDArray[Any], names: Sequence[str], validation: Blocks | None = None) -> Novelty:
    """Takes training's principal directions, and the distance that 95 % of validation's images are within.

    Distances from the nearest neighbours of normalised embeddings tell images of another kind without an assumption
    on their distribution (Sun et al., ICML 2022). Where there is no validation, each fifth of training is measured
    from the others.

    Args:
        train: backbone -> (N, D_k).
        labels: (N,) or (N, L).
        names: of the N images.
        validation: backbone -> (V, D_k), of images that no training image shows.
    """
    with ONE_THREAD.held():
        found = _plane(train, labels, names)
        ranked = np.sort(_crossed(train, labels) if validation is None else found.distances(validation))
        threshold = float(ranked[_place(len(ranked)) - 1])
        return replace(found, threshold=threshold, false_alarms=float((ranked > threshold).mean()), images=len(ranked))


def _place(images: int) -> int:
    """Which of so many distances, in order, is the threshold: of one more image's, 95 % or more are not above it."""
    return min(int(np.ceil(SHARE * (images + 1))), images)


def _crossed(train: Blocks, labels: NDArray[Any]) -> NDArray[np.float64]:
    """The distances (N,) of each fifth of training, neighbours together, from the others."""
    found = np.empty(len(labels))
    fold = np.arange(len(labels)) * FOLDS // len(labels)
    for each in np.unique(fold):
        kept, held = fold != each, fold == each
        own = {name: block[kept] for name, block in train.items()}
        plane = _plane(own, labels[kept], [""] * int(kept.sum()))
        found[held] = plane.distances({name: block[held] for name, block in train.items()})
    return found


def _plane(train: Blocks, labels: NDArray[Any], names: Sequence[str]) -> Novelty:
    """All but the threshold."""
    backbones = tuple(sorted(train))
    kept = draw(labels, ROWS, SEED)
    rows = knn.joined([train[name][kept] for name in backbones])
    center = rows.mean(axis=0, dtype=np.float64).astype(np.float32)
    rows -= center
    directions = _directions(rows[np.isin(kept, draw(labels, DIRECTION_ROWS, SEED))])
    return Novelty(
        backbones,
        directions,
        center,
        rows @ directions.T,
        labels[kept],
        tuple(names[row] for row in kept),
        np.inf,
        0.0,
        0,
        min(NEIGHBOURS, len(kept)),
    )


def _directions(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """The first principal directions (P, D) of centred rows (M, D), by the products of rows or of columns."""
    from scipy.linalg import eigh

    wide = rows.shape[1] > len(rows)
    exact = rows.astype(np.float64)
    products = exact @ exact.T if wide else exact.T @ exact
    size = len(products)
    values, vectors = eigh(products, subset_by_index=(max(0, size - DIRECTIONS), size - 1))
    kept = values > values[-1] * NOISE
    values, vectors = values[kept][::-1], np.ascontiguousarray(vectors[:, kept][:, ::-1])
    found = (exact.T @ vectors / np.sqrt(values)).T if wide else vectors.T
    largest = np.take_along_axis(found, np.abs(found).argmax(axis=1)[:, None], axis=1)
    return np.ascontiguousarray(found * np.sign(largest), np.float32)
