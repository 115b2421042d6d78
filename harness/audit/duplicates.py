"""Duplicates: images that are there twice, pixel for pixel or nearly.

Vectors alone call two washed-out X-rays of different people the same, and pixels alone two pictures that were taken in
the same way. So small grey copies have to be alike, after that which all images of the dataset have in common was taken
away, and several backbones to have the images close together; the more alike the copies are, the less close, because
vectors move far where an image was compressed or blurred.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.audit.features import SEVERAL, Features
from fuseboard.harness.audit.images import AuditedImages, Rows, unit
from fuseboard.store.files.progress import counting

ALIKE = 0.9
"""Correlation of two copies, at least. On BreastMNIST-64 the lowest pairs above it are, to the eye, the same view of
the same breast; on PneumoniaMNIST-28 18 pairs of different people lie above it, up to .94."""
EQUAL = 0.98
"""Correlation from which copies are those of one image unless the backbones deny it; after a JPEG of quality 30 it is
.99."""
CLOSE = 0.6
"""Of the usual distance of a backbone at most, for images that are alike: the median one to the nearest image whose
copy is another. Were it simply that of the nearest, it would be the distance of duplicates where most images have one,
as frames of a video do."""
SAMPLE = 2_000
"""Images by which the usual distance is known well enough."""
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
    if len(first) < 3:
        return []
    copies = images.copies[first].astype(np.float32)
    copies = unit(copies - copies.mean(axis=0))
    one, other = _alike(copies)
    correlations = _correlations(copies, one, other[:, None])[:, 0]
    close, usual = _votes(features, first, copies, one, other)
    agreed = (close >= features.majority) | ((correlations >= EQUAL) & (usual >= SEVERAL))
    return _joined(len(images), first[one[agreed]], first[other[agreed]], correlations[agreed], same)


def units(images: int, found: Iterable[Duplicates], groups: Sequence[str] | None) -> NDArray[np.intp]:
    """Returns (N,) numbers that are equal for images of which one must not be learned from when the other is judged."""
    links = [(rows[0], row) for each in found for rows in (each.rows,) for row in rows[1:]]
    if groups is not None:
        _, first, of = np.unique(np.asarray(groups), return_index=True, return_inverse=True)
        links += list(zip(range(images), first[of].tolist(), strict=True))
    one, other = np.array(links, np.intp).reshape(-1, 2).T
    return _components(images, one, other)


def _alike(copies: NDArray[np.float32]) -> tuple[Rows, Rows]:
    """Returns the pairs whose copies are alike, each once."""
    places, distances = _nearest(copies, np.arange(len(copies)))
    one, at = np.nonzero(distances**2 <= 2 - 2 * ALIKE)
    other = places[one, at]
    pairs = np.unique(np.minimum(one, other) * len(copies) + np.maximum(one, other))
    return pairs // len(copies), pairs % len(copies)


def _votes(
    features: Features, first: Rows, copies: NDArray[np.float32], one: Rows, other: Rows
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Returns how many backbones have each pair close, and how many have it no further apart than is usual."""
    close, usual = np.zeros(len(one), np.intp), np.zeros(len(one), np.intp)
    drawn = np.sort(np.random.default_rng(0).permutation(len(first))[:SAMPLE])
    with counting(f"{features.images.dataset.name} · looking for near duplicates", len(features.backbones)) as advance:
        for backbone in features.backbones:
            vectors = features.read(backbone)[first]
            vectors = unit(vectors - vectors.mean(axis=0))
            places, distances = _nearest(vectors, drawn)
            others = np.where(_correlations(copies, drawn, places) >= ALIKE, np.inf, distances).min(axis=1)
            known = others[np.isfinite(others)]
            limit = float(np.median(known)) if len(known) else np.sqrt(2)  # the distance of rows that nothing joins
            apart = np.linalg.norm(vectors[one] - vectors[other], axis=1)
            close += apart < CLOSE * limit
            usual += apart < limit
            advance(1)
    return close, usual


def _nearest(rows: NDArray[np.float32], asked: Rows) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Returns which other rows (n, k) are nearest to each of n that are asked for, in no order, and their distances."""
    k, step = min(NEIGHBOURS, len(rows) - 1), max(1, CELLS // len(rows))
    places, near = np.empty((len(asked), k), np.int64), np.empty((len(asked), k), np.float32)
    for start in range(0, len(asked), step):
        some = asked[start : start + step]
        similar = rows[some] @ rows.T
        similar[np.arange(len(some)), some] = -np.inf
        at = np.argpartition(similar, -k, axis=1)[:, -k:]
        places[start : start + step], near[start : start + step] = at, np.take_along_axis(similar, at, axis=1)
    return places, np.sqrt(np.maximum(0, 2 - 2 * near))


def _correlations(copies: NDArray[np.float32], one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.float32]:
    """Returns the correlations (n, k) of the copies of n images with k others each."""
    found = np.empty(other.shape, np.float32)
    step = max(1, CELLS // (copies.shape[1] * other.shape[1]))
    for start in range(0, len(one), step):
        part = slice(start, start + step)
        found[part] = np.einsum("nd,nkd->nk", copies[one[part]], copies[other[part]])
    return found


def _joined(
    count: int, one: Rows, other: Rows, correlations: NDArray[np.float32], same: dict[int, tuple[int, ...]]
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
