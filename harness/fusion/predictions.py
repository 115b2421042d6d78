"""Predictions of images that a fusion did not learn from, beside the truth; later numbers are computed from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.fusion.summary import Measured, measure


@dataclass(frozen=True)
class Predictions:
    """Of the images of one split."""

    split: str
    """`validation`, whose images chose the penalty and the calibration, or `test`."""
    names: tuple[str, ...]
    """Of the N images: paths, ids, or numbers."""
    labels: NDArray[Any]
    """(N,) class numbers or numbers, or (N, L) of 0 and 1."""
    scores: NDArray[np.float32]
    """(N, C) calibrated probabilities, two columns for a binary task, or (N, 1) numbers."""
    groups: tuple[str, ...] | None = None
    """Of the N images, such as patients or sites; None where nobody said."""

    def measured(self, task: str) -> list[Measured]:
        """Measures them, each metric with its 95 % interval."""
        return measure(task, self.labels, self.scores, self.split)


def texts(groups: Sequence[Any] | NDArray[Any] | None) -> tuple[str, ...] | None:
    """Returns groups as text."""
    return None if groups is None else tuple(str(group) for group in np.asarray(groups).tolist())
