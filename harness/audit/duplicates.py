"""Duplicates: images that are there twice, pixel for pixel or nearly.

Vectors alone call two washed-out X-rays of different people the same, and pixels alone two pictures taken in the same
way. So an image nearly is another where several backbones say so and a small grey copy does too, after that which all
images of the dataset have in common was taken away.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.audit.features import Features
from fuseboard.harness.audit.images import AuditedImages, Rows, unit
from fuseboard.store.files.progress import counting

CORRELATION = 0.9
"""Of two copies, at least. On BreastMNIST-64 the lowest pairs above it are, to the eye, the same view of the same breast;
on PneumoniaMNIST-28, of pairs that vectors alone would take for the same, those of different people reach .74."""
CLOSE = 0.5
"""Of the distance that three quarters of the images keep from their nearest neighbour at most: two vectors at less are
much closer than images of this dataset are to each other."""
USUAL = 0.75
NEIGHBOURS = 10
"""Nearest ones of an image that are looked at."""
CELLS = 20_000_000
"""Similarities held at a time: 80 MB."""
MOST = 100_000
"""Images of which the nearest neighbours are looked for; the work grows with their square."""


@dataclass(frozen=True)
class Duplicates:
    """Images that are the same."""

    kind: Literal["exact", "near"]
    rows: tuple[int, ...]
    """At least two, ascending; those of a group of near ones are linked by pairs, not each to each."""
    correlation: float
    """The lowest of the linked pairs' copies; 1 for exact ones."""


def exact(images: AuditedImages) -> list[Duplicates]:
    """Finds the images of equal pixels."""
    found: dict[bytes, list[int]] = {}
    for row, digest in enumerate(images.digests):
        found.setdefault(digest, []).append(row)
    return [Duplicates("exact", tuple(rows), 1.0) for rows in found.values() if len(rows) > 1]


def near(images: AuditedImages, features: Features, known: Iterable[Duplicates]) -> list[Duplicates]:
    """Finds the images that nearly are the same, of equal ones only the first being compared.

    Args:
        images: at most `MOST`.
        features: of the same images.
        known: the exact ones.

    Returns:
        Groups in which not all pixels are equal; those equal to one of a group are in it too.
    """
    same = {each.rows[0]: each.rows for each in known}
    again = {row for rows in same.values() for row in rows[1:]}
    first = np.array([row for row in range(len(images)) if row not in again], np.intp)
    pairs = _agreed(features, first)
    one, other = first[pairs // len(first)], first[pairs % len(first)]
    correlations = _correlations(images, first, one, other)
    alike = correlations >= CORRELATION
    return _joined(len(images), one[alike], other[alike], correlations[alike], same)


def units(images: int, found: Iterable[Duplicates], groups: Sequence[str] | None) -> NDArray[np.intp]:
    """Returns (N,) numbers that are equal for images of which one must not be learned from when the other is judged."""
    links = [(rows[0], row) for each in found for rows in (each.rows,) for row in rows[1:]]
    if groups is not None:
        _, first, of = np.unique(np.asarray(groups), return_index=True, return_inverse=True)
        links += list(zip(range(images), first[of].tolist(), strict=True))
    one, other = np.array(links, np.intp).reshape(-1, 2).T
    return _components(images, one, other)


def _agreed(features: Features, first: Rows) -> NDArray[np.int64]:
    """Returns pairs, as one number each, that more than half of the backbones have close together."""
    count = len(first)
    votes = []
    with counting(f"{features.images.dataset.name} · looking for near duplicates", len(features.backbones)) as advance:
        for backbone in features.backbones:
            votes.append(_close(features.read(backbone)[first], count))
            advance(1)
    pairs, backbones = np.unique(np.concatenate(votes), return_counts=True)
    return np.asarray(pairs[backbones >= features.majority])


def _close(vectors: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """Returns the pairs that one backbone has close together, each once."""
    if count < 3:
        return np.empty(0, np.int64)
    rows = unit(vectors - vectors.mean(axis=0))
    k = min(NEIGHBOURS, count - 1)
    near, places = np.empty((count, k), np.float32), np.empty((count, k), np.int64)
    step = max(1, CELLS // count)
    for start in range(0, count, step):
        similar = rows[start : start + step] @ rows.T
        similar[np.arange(len(similar)), np.arange(start, start + len(similar))] = -np.inf
        at = np.argpartition(similar, -k, axis=1)[:, -k:]
        places[start : start + step], near[start : start + step] = at, np.take_along_axis(similar, at, axis=1)
    distances = np.sqrt(np.maximum(0, 2 - 2 * near))
    limit = CLOSE * np.quantile(distances.min(axis=1), USUAL)
    one, at = np.nonzero(distances < limit)
    other = places[one, at]
    return np.asarray(np.unique(np.minimum(one, other) * count + np.maximum(one, other)), np.int64)


def _correlations(images: AuditedImages, first: Rows, one: Rows, other: Rows) -> NDArray[np.float64]:
    """Returns the correlation of each pair's copies, without what all copies have in common."""
    common = images.copies[first].mean(axis=0, dtype=np.float32)
    left, right = (unit(images.copies[rows].astype(np.float32) - common) for rows in (one, other))
    return np.asarray((left * right).sum(axis=1), np.float64)


def _joined(
    count: int, one: Rows, other: Rows, correlations: NDArray[np.float64], same: dict[int, tuple[int, ...]]
) -> list[Duplicates]:
    component = _components(count, one, other)
    lowest: dict[int, float] = {}
    for number, correlation in zip(component[one].tolist(), correlations.tolist(), strict=True):
        lowest[number] = min(correlation, lowest.get(number, 1.0))
    members: dict[int, list[int]] = {number: [] for number in lowest}
    for row in np.flatnonzero(np.isin(component, list(lowest))).tolist():
        members[int(component[row])] += same.get(row, (row,))
    return [Duplicates("near", tuple(sorted(rows)), lowest[number]) for number, rows in members.items()]


def _components(count: int, one: Rows, other: Rows) -> NDArray[np.intp]:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    links = coo_array((np.ones(len(one), np.int8), (one, other)), shape=(count, count))
    return np.asarray(connected_components(links, directed=False)[1], np.intp)
