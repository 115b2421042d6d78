"""Ties: scores that are equal as fractions are equal, whatever the order in which their terms were added up.

An AUC is a number of pairs over another, an accuracy one of images, and both are averaged over folds, classes and
datasets: floats of equal fractions differ in their last digits. So scores nearer than `TOLERANCE` are equal, and a run
of neighbours each nearer than it to the next is one tie, by which equality is transitive. Rounding to some digits
instead would tell two neighbours apart wherever the edge of a digit lies between them.

The mean of n numbers of at most 1 is off by n x 1.1e-16 at most, and in practice by a few: 1e-12 is above that for
thousands of terms in the worst order. Different fractions with a common denominator D lie 1 / D apart, which is far
above the tolerance up to D = 1e11: an AUC of 200,000 images of either class, or a mean over classes or datasets whose
denominators have no larger common multiple. Beyond that two fractions may be nearer than any float can tell, and tie.
"""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

TOLERANCE = 1e-12
"""Scores that are no further apart are equal."""

Matrix = NDArray[np.float64]
Score = TypeVar("Score", float, float | None)


def descending(scores: Matrix) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Order each column of scores, highest first, and say where each tie begins.

    Args:
        scores: (rows, …); NaN comes last and ties with nothing.

    Returns:
        (rows, …) the rows in order, equals as they were given; and (rows, …) at each place of that order the first
        place of its tie.
    """
    order = np.argsort(-scores, axis=0, kind="stable")
    with np.errstate(invalid="ignore"):  # two infinities
        gaps = -np.diff(np.take_along_axis(scores, order, axis=0), axis=0, prepend=np.inf)
    place = np.arange(len(scores)).reshape(-1, *[1] * (scores.ndim - 1))
    first = np.maximum.accumulate(np.where(gaps <= TOLERANCE, 0, place), axis=0)
    return order, first


def tied_for_best(scores: Matrix) -> NDArray[np.bool_]:
    """Return (rows, …) whether a score ties for the highest of its column.

    There `level_matrix` has its maximum, found without an order of all the others, which takes eight times as long.

    Args:
        scores: (rows, …) of numbers, one row at least.
    """
    lowest = scores.max(axis=0)
    while True:
        tied = lowest - scores <= TOLERANCE
        lower = np.where(tied, scores, np.inf).min(axis=0)
        if (lower == lowest).all():
            return np.asarray(tied, np.bool_)
        lowest = lower


def level_matrix(scores: Matrix) -> Matrix:
    """Return (rows, …) scores in which those of a column that tie are the same number, the highest of the tie."""
    order, first = descending(scores)
    levelled = np.empty_like(scores)
    np.put_along_axis(levelled, order, np.take_along_axis(scores, np.take_along_axis(order, first, axis=0), axis=0), 0)
    return levelled


def level(scores: Sequence[Score]) -> list[Score]:
    """Return scores in which those that tie are the same number, to sort, rank or count by; None stays None."""
    known = [place for place, score in enumerate(scores) if score is not None]
    levelled = list(scores)
    for place, score in zip(
        known, level_matrix(np.array([scores[n] for n in known], np.float64)).tolist(), strict=True
    ):
        levelled[place] = score
    return levelled
