"""The Wilson interval says how uncertain an accuracy is."""

from math import sqrt

Z_95 = 1.959963984540054
"""The 97.5 % quantile of the standard normal distribution."""


def wilson(share: float, n: int) -> tuple[float, float]:
    """Return the 95 % Wilson score interval of a share of n independent trials (Wilson 1927, J. Am. Stat. Assoc. 22,
    209-212).

    It stays inside [0, 1] and is not empty at 0 and 1, where the plain normal approximation claims certainty. It covers
    the drawing of the test images only: neither the training run nor the choice among subsets.
    """
    z2 = Z_95 * Z_95
    centre = share + z2 / (2 * n)
    half = Z_95 * sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    low, high = (centre - half) / (1 + z2 / n), (centre + half) / (1 + z2 / n)
    return max(0.0, min(low, share)), min(1.0, max(high, share))
