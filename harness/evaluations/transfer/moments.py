"""Moments: every column's mean and deviation over training, from one pass of the stream."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.classifiers.fusion import concat
from fuseboard.harness.evaluations.transfer.stream import Stream
from fuseboard.store.errors import FuseboardError


@dataclass(frozen=True)
class Moments:
    """Of the joined columns of all backbones."""

    mean: NDArray[np.float64]
    """(D,)"""
    deviation: NDArray[np.float64]
    """(D,), of the population; 1 for a column that never changes, as scikit-learn's StandardScaler has it."""


def moments(train: Stream) -> Moments:
    """Mean and deviation by merging those of the batches (Chan, Golub and LeVeque 1979), in float64.

    Raises:
        FuseboardError: a backbone has the same vector for all images, so nothing can be learned from it.
    """
    seen, width = 0, sum(version.manifest.dim for version in train.versions)
    mean, squares = np.zeros(width), np.zeros(width)
    for batch in train.batches():
        rows = concat(batch.parts).astype(np.float64)
        own = rows.mean(axis=0)
        apart, together = own - mean, seen + len(rows)
        squares += ((rows - own) ** 2).sum(axis=0) + apart**2 * seen * len(rows) / together
        mean += apart * len(rows) / together
        seen = together
    stop = 0
    for version in train.versions:
        start, stop = stop, stop + version.manifest.dim
        if not squares[start:stop].any():
            raise FuseboardError(
                f"{train.dataset}: {version.spec} has the same vector for all {seen} training images, so there is "
                "nothing to learn from it; check its card and extract it again, or leave it out with --backbones"
            )
    return Moments(mean, np.sqrt(np.where(squares > 0, squares / seen, 1.0)))
