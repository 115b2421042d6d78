"""Ridge regression by a Cholesky factorisation per penalty, of the same products that a CPU decomposes once for all.

An eigendecomposition is mostly small steps that wait for each other; factorising is products of matrices, of which a
GPU does a hundred times as many in that time. With G = X X' + alpha I over centred rows, the residual of row i is
alpha (G^-1 y)_i and 1 - h_i = alpha (G^-1)_ii - 1 / N with the intercept's leverage, so nothing cancels out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.classifiers import products
from fuseboard.harness.classifiers.classifier import Blocks
from fuseboard.harness.classifiers.gram import Matrix, Standardiser
from fuseboard.harness.classifiers.spectrum import pulled_by, raw_weights, rows_to_look_at

ABOVE_ROUNDING = 1e4
"""How many times what rounding leaves of the largest eigenvalue a penalty is, at least."""


@dataclass(frozen=True)
class Factorisation:
    """The products of joined rows (N, N), or of their columns (D, D), in torch on a device, and the targets there."""

    blocks: Blocks
    standardisers: Sequence[Standardiser]
    looked_at: NDArray[np.intp]
    """(R,) rows that are left out in turn, ascending."""
    products: Any
    by_row: bool
    seen: Any
    """(D, R) the rows looked at, standardised; None where the products are those of rows."""
    response: Any
    """(N, C) the targets, or (D, C) the sum over all rows of row times target."""

    def holds(self, alpha: float) -> bool:
        """Whether a penalty is far enough above rounding for a factorisation; else it takes the spectrum."""
        return bool(alpha >= ABOVE_ROUNDING * np.finfo(np.float64).eps * float(self.products.trace()))

    def left_out(self, alpha: float, targets: Matrix) -> Matrix:
        """Decisions (R, C) for each row by the ridge regression of all others, without the intercept's mean."""
        import torch

        factor = self._factor(alpha)
        if self.by_row:
            inverse = torch.cholesky_inverse(factor)
            residual = alpha * products.host(inverse @ self.response)[self.looked_at]
            remaining = alpha * products.host(inverse.diagonal())[self.looked_at]
        else:
            solved = torch.cholesky_solve(self.response, factor)
            residual = targets - products.host(self.seen.T @ solved)
            half = torch.linalg.solve_triangular(factor, self.seen, upper=False)
            remaining = 1 - products.host(half.square().sum(0))
        remaining = remaining - 1 / len(self.blocks[0])
        return np.asarray(targets - residual / np.maximum(remaining, 1e-12)[:, None])

    def weights(self, alpha: float) -> list[Matrix]:
        """Weights (D_k, C) of each block's raw columns."""
        import torch

        solved = products.host(torch.cholesky_solve(self.response, self._factor(alpha)))
        return raw_weights(self.blocks, self.standardisers, solved, self.by_row)

    def _factor(self, alpha: float) -> Any:
        import torch

        system = self.products.clone()
        system.diagonal().add_(alpha)
        return torch.linalg.cholesky(system)


def factorisation(blocks: Blocks, targets: Matrix, device: str, seed: int = 0) -> Factorisation:
    """Multiplies the standardised rows of joined blocks, or their columns where these are fewer.

    Args:
        blocks: (N, D_k).
        targets: (N, C), each column of mean 0.
        device: one of torch's.
        seed: of the draw of rows to look at, as in `spectrum`.
    """
    rows, columns = len(blocks[0]), sum(block.shape[1] for block in blocks)
    looked_at = rows_to_look_at(rows, seed)
    own = [products.standardiser(block) for block in blocks]
    if rows <= columns:
        return Factorisation(
            blocks, own, looked_at, products.of_rows(blocks, device), True, None, products.put(targets, device)
        )
    seen = [each.apply(block[looked_at]).T for each, block in zip(own, blocks, strict=True)]
    pulled = [pulled_by(block, targets, each) for each, block in zip(own, blocks, strict=True)]
    put = [products.put(np.concatenate(part), device) for part in (seen, pulled)]
    return Factorisation(blocks, own, looked_at, products.of_columns(blocks, device), False, *put)
