"""CKA: how alike two backbones see the same images (Kornblith et al., ICML 2019), without its bias on few images."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

ROWS = 1024
"""Rows in float64 at a time."""


def linear_cka(one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    """Linear centred kernel alignment of two matrices with the same images in their rows: 1 for equal up to rotation
    and scale, about 0 for unrelated ones.

    The unbiased estimator of HSIC (Song et al., JMLR 2012) in place of the biased one, which approaches 1 for any two
    matrices that are wider than long. It may come out a little below 0. Nothing of size N x N is made.

    Args:
        one: (N, D), N at least 4.
        other: (N, E).
    """
    if len(one) != len(other) or len(one) < 4:
        raise ValueError(f"CKA wants two matrices of the same rows, at least 4, not {len(one)} and {len(other)}")
    x, y = _Kernel(one), _Kernel(other)
    return float(_hsic(x, y) / np.sqrt(_hsic(x, x) * _hsic(y, y)))


class _Kernel:
    """A linear kernel matrix without its diagonal, known by its features."""

    def __init__(self, matrix: NDArray[np.floating]) -> None:
        # Centring changes nothing in the estimate and keeps its terms small.
        self._matrix, self._mean = matrix, matrix.mean(axis=0, dtype=np.float64)
        self.width = matrix.shape[1]
        total = np.zeros(matrix.shape[1])
        for rows in self.rows():
            total += rows.sum(axis=0)
        diagonal, sums = [], []
        for rows in self.rows():
            own = np.einsum("nd,nd->n", rows, rows)
            diagonal.append(own)
            sums.append(rows @ total - own)
        self.diagonal, self.sums = np.concatenate(diagonal), np.concatenate(sums)

    def rows(self) -> Iterator[NDArray[np.float64]]:
        """Centred rows in float64, a part at a time."""
        for start in range(0, len(self._matrix), ROWS):
            yield self._matrix[start : start + ROWS].astype(np.float64) - self._mean


def _hsic(x: _Kernel, y: _Kernel) -> float:
    n = len(x.diagonal)
    crossed = np.zeros((x.width, y.width))
    for a, b in zip(x.rows(), y.rows(), strict=True):
        crossed += a.T @ b
    trace = float((crossed**2).sum() - x.diagonal @ y.diagonal)
    both = x.sums.sum() * y.sums.sum() / ((n - 1) * (n - 2))
    return float(trace + both - 2 * (x.sums @ y.sums) / (n - 2)) / (n * (n - 3))
