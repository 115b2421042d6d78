"""What a choice among classifiers that answered the same images can tell, and what chance adds to the best of them.

With d the share of n images that exactly one of two classifiers gets right:

- Their accuracies differ with a variance of d / n at most (Connor, Biometrics 43, 1987, for McNemar's test), and never
  by more than d. So at 5 % a difference is told with a power of 80 % from z √(max(d, difference) / n) on, with
  z = 1.96 + 0.84: from max(z √(d / n), z² / n).
- The best of m equally good ones promises √(d / (2 n)) times the expected maximum of m standard normals too much, where
  every two disagree on d and errors are normal: what all have in common cancels. Where d is the most that two disagree,
  it promises that at most (Sudakov-Fernique inequality: Vitale, Proc. AMS 128, 2000). The mean of d lies between.
"""

from math import ceil, erfc, sqrt

import numpy as np
from numpy.typing import NDArray

POWER_Z = 1.959964 + 0.841621
"""Standard normal quantiles of a two-sided test at 5 % and of a power of 80 %."""


def disagreement(right: NDArray[np.float64]) -> float:
    """The mean over pairs of the share of images that exactly one of the two gets right.

    Args:
        right: (S, N) right answers of at least two classifiers, 0 to 1; of several labels their mean, and then the
            answer is the mean squared difference, which is what a variance needs.
    """
    return float(2 * right.var(axis=0, ddof=1).mean())


def smallest_difference(disagreement: float, images: int) -> float:
    """The smallest difference of accuracy that is told with a power of 80 %; above 1 where none can be."""
    return max(POWER_Z * sqrt(disagreement / images), POWER_Z**2 / images)


def images_for(difference: float, disagreement: float) -> int:
    """How many images it takes to tell a difference of accuracy with a power of 80 %."""
    return ceil(POWER_Z**2 * max(disagreement, difference) / difference**2)


def optimism_of_the_best(disagreement: float, images: int, candidates: int) -> float:
    """What the best accuracy of equally good candidates, every two of which disagree alike, promises too much."""
    return sqrt(disagreement / (2 * images)) * expected_maximum(candidates)


def expected_maximum(candidates: int) -> float:
    """Expected maximum of independent standard normals: ∫ (1 - Φ^m) over x > 0, less ∫ Φ^m over x < 0."""
    x = np.linspace(0, 12, 4_801)
    above = np.array([erfc(value / sqrt(2)) / 2 for value in x])
    positive, negative = -np.expm1(candidates * np.log1p(-above)), above**candidates
    return float(np.trapezoid(positive - negative, x))
