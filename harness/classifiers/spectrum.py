"""The spectrum of joined rows: one eigendecomposition, in which ridge regression is solved for any penalty.

Of fewer rows than columns it is that of their products with each other, which are the sums of the backbones' own; of
more, that of the columns' products, which are blocks of one matrix. Both are multiplied once per backbone, or pair of
backbones, however many subsets ask for them. The same code runs on a CPU and on a GPU, in float64.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.classifiers import products
from fuseboard.harness.classifiers.classifier import Blocks
from fuseboard.harness.classifiers.fusion import BATCH_ROWS
from fuseboard.harness.classifiers.gram import Matrix, Standardiser
from fuseboard.harness.classifiers.lapack import eigh

LOOKED_AT = 4_096
"""Rows that are left out in turn to judge a penalty: all, or a draw of so many. They are trained on all the same."""


@dataclass(frozen=True)
class Spectrum:
    """The rows in their principal axes (r of them), and the targets there."""

    blocks: Blocks
    standardisers: Sequence[Standardiser]
    looked_at: NDArray[np.intp]
    """(R,) rows that are left out in turn, ascending."""
    values: Any
    """(r,) sums of squares along the axes."""
    axes: Any
    """What turns a vector along the axes into weights: of columns (D, r), or of rows (N, r)."""
    by_row: bool
    places: Any
    """(R, r) the rows looked at, along the axes."""
    response: Any
    """(r, C) the sum over all rows of place times target."""

    def left_out(self, alpha: float, targets: Matrix) -> Matrix:
        """Decisions (R, C) for each row by the ridge regression of all others, without the intercept's mean."""
        shrunk = self.values + alpha
        fitted = products.host(self.places @ (self.response / shrunk[:, None]))
        leverage = products.host(self._squares @ (1 / shrunk)) + 1 / len(self.blocks[0])
        return np.asarray(targets - (targets - fitted) / np.maximum(1 - leverage, 1e-12)[:, None])

    @cached_property
    def _squares(self) -> Any:
        return self.places**2

    def weights(self, alpha: float) -> list[Matrix]:
        """Weights (D_k, C) of each block's raw columns."""
        solved = products.host(self.axes @ (self.response / (self.values + alpha)[:, None]))
        if self.by_row:
            parts = [_pulled(block, solved, own) for block, own in zip(self.blocks, self.standardisers, strict=True)]
        else:
            parts = np.split(solved, np.cumsum([block.shape[1] for block in self.blocks])[:-1])
        return [part / own.scale[:, None] for part, own in zip(parts, self.standardisers, strict=True)]


def spectrum(blocks: Blocks, targets: Matrix, device: str = "cpu", seed: int = 0) -> Spectrum:
    """Decomposes the standardised rows of joined blocks.

    Args:
        blocks: (N, D_k).
        targets: (N, C), each column of mean 0.
        device: `cpu`, `cuda` or `cuda:N`.
        seed: of the draw of rows to look at, where there are more than `LOOKED_AT`.
    """
    rows, columns = len(blocks[0]), sum(block.shape[1] for block in blocks)
    looked_at: NDArray[np.intp] = np.arange(rows)
    if rows > LOOKED_AT:
        looked_at = np.sort(np.random.default_rng(seed).permutation(rows)[:LOOKED_AT])
    own = [products.standardiser(block) for block in blocks]
    by_row = rows <= columns
    if by_row:
        values, vectors = _decomposed(products.of_rows(blocks, device), device)
        axes, places = vectors / values**0.5, (vectors * values**0.5)[looked_at]
        response = (vectors * values**0.5).T @ products.put(targets, device)
    else:
        values, axes = _decomposed(products.of_columns(blocks, device), device)
        seen = [each.apply(block[looked_at]) for each, block in zip(own, blocks, strict=True)]
        places = products.put(np.concatenate(seen, axis=1), device) @ axes
        pulled = [_pulled(block, targets, each) for each, block in zip(own, blocks, strict=True)]
        response = axes.T @ products.put(np.concatenate(pulled), device)
    return Spectrum(blocks, own, looked_at, values, axes, by_row, places, response)


def _decomposed(matrix: Any, device: str) -> tuple[Any, Any]:
    """Eigenvalues above rounding, ascending, and their vectors, which on a CPU take the place of the matrix."""
    algebra = products.linear_algebra(device)
    values, vectors = eigh(np.ascontiguousarray(matrix)) if algebra is np else algebra.linalg.eigh(matrix)
    rounded_off = int((values <= values[-1] * len(values) * np.finfo(np.float64).eps).sum())
    return values[rounded_off:], vectors[:, rounded_off:]


def _pulled(block: NDArray[np.float32], rows: Matrix, own: Standardiser) -> Matrix:
    """(D, C) the sum over rows of a block's standardised row times another's (N, C), a few rows at a time.

    The others are of mean 0, so that the columns' means cancel out.
    """
    total = np.zeros((block.shape[1], rows.shape[1]))
    for start in range(0, len(block), BATCH_ROWS):
        part = slice(start, start + BATCH_ROWS)
        total += block[part].T.astype(np.float64) @ rows[part]
    return total / own.scale[:, None]
