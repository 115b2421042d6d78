"""Places of rows: where among all stored vectors those lie that were computed again, which tells of another order."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.reproduction.sampling import Drawn, Vectors
from fuseboard.store.embeddings import block
from fuseboard.store.embeddings.versions import Version

CHUNK = 8_192


@dataclass(frozen=True)
class Places:
    """The nearest stored row of every image of a sample, in its split."""

    own: list[tuple[str, int]]
    """Split and id of every image."""
    nearest: NDArray[np.int64]
    """Id of the row that is nearest to what was computed; its own where no other is nearer."""
    vectors: Vectors
    """(n, D): that row."""

    @property
    def moved(self) -> NDArray[np.bool_]:
        """Which images have their vector, or what is nearest to it, at another row."""
        moved: NDArray[np.bool_] = self.nearest != np.array([row for _, row in self.own])
        return moved

    @property
    def most_moved(self) -> bool:
        """Whether more than half of the images are nearer to another row than to their own."""
        return bool(self.moved.mean() > 0.5)

    @property
    def example(self) -> str:
        """One image and where its vector lies."""
        at = int(np.flatnonzero(self.moved)[0])
        return f"{self.own[at][0]} {self.own[at][1]} at row {int(self.nearest[at])}"


def look(version: Version, name: str, drawn: Drawn, computed: Vectors) -> Places:
    """Finds the nearest row of every image; one split of the version is in memory at a time.

    Args:
        version: whose vectors are stored.
        name: of the dataset.
        drawn: the sample.
        computed: (n, D) of its images, split by split.
    """
    own, nearest, vectors, start = [], [], [], 0
    for split, ids in drawn.items():
        wanted = computed[start : start + len(ids)].astype(np.float64)
        start += len(ids)
        held = block.read(version, name, split)
        distances = np.concatenate([
            _distances(held.matrix[first : first + CHUNK], wanted) for first in range(0, len(held.matrix), CHUNK)
        ])  # fmt: skip
        at = distances.argmin(axis=0)
        there = np.searchsorted(held.ids, ids)
        columns = np.arange(len(ids))
        stays = distances[there, columns] <= distances[at, columns] * (1 + 1e-6) + 1e-12
        at = np.where(stays, there, at)
        own += [(split, row) for row in ids]
        nearest.append(held.ids[at].astype(np.int64))
        vectors.append(held.matrix[at])
    return Places(own, np.concatenate(nearest), np.concatenate(vectors))


def _distances(rows: Vectors, wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Squared distances (N, n)."""
    stored = rows.astype(np.float64)
    squares = np.square(stored).sum(axis=1)[:, None] + np.square(wanted).sum(axis=1)[None]
    found: NDArray[np.float64] = np.maximum(squares - 2 * (stored @ wanted.T), 0)
    return found
