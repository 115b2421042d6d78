"""Kernels: a score of every subset from one N x N matrix per backbone, before any tree is grown.

The linear kernel of joined features is the sum of the backbones' kernels, so that all 2^K - 1 fusions cost K products.
Kernel ridge regression with an intercept then has leave-one-out predictions in closed form (Cawley & Talbot, Neural
Networks 17, 2004): with G = K + ridge I, u = G^-1 1 and s = 1'u, the left-out residual of row i is
(G^-1 y - u u'y / s)_i / (G^-1 - u u' / s)_ii. Leaving the intercept to a centred kernel instead, as is tempting, tells
each row its own class: images that are alone in theirs would all be right.

Each kernel is scaled to a trace of N: else the backbone with the longest vectors decides alone, while trees do not care
about scale. Targets are one-vs-rest and of unit variance, so that a rare class weighs as much as a frequent one (the
balanced +-1 targets up to a factor) and one ridge suits all.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from math import inf
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.classifiers import lapack
from fuseboard.harness.classifiers.fusion import Subset, all_subsets
from fuseboard.harness.classifiers.one_thread import ONE_THREAD
from fuseboard.harness.runtime import profiling
from fuseboard.harness.search.ensemble_selection import accuracy, auc
from fuseboard.store.arrays import Labels

ROWS = 1_000
"""Training images looked at, a stratified draw where there are more. The time per subset grows with their cube: on one
core 8 ms at 546, 35 ms at 1,000 and a quarter of a second at 2,000."""

RIDGES = (0.1, 1.0, 10.0)
"""In units of a kernel's mean diagonal, which is 1."""

Matrix = NDArray[np.floating[Any]]
Metric = Literal["acc", "auc", "r2"]


def scores(
    blocks: Mapping[str, Matrix],
    labels: Labels,
    task: str,
    n_classes: int,
    metric: Metric = "acc",
    rows: int = ROWS,
    seed: int = 0,
) -> dict[Subset, float]:
    """Scores every subset by leave-one-out on training images; higher is better.

    The ridge of a subset is the one with the smallest squared error, whatever the metric, because accuracies of some
    hundred images mostly tie.

    Args:
        blocks: backbone -> (N, D) training features.
        labels: (N,) class numbers, or (N, L) of 0 and 1.
        task: one of MedMNIST's task names.
        n_classes: classes; ignored for multi-label.
        metric: `acc` and `auc` as everywhere, or `r2`, the explained variance averaged over classes.
        rows: most images to look at.
        seed: of the draw.
    """
    kept = draw(labels, rows, seed)
    truth = labels[kept]
    hot = (truth if truth.ndim == 2 else truth[:, None] == np.arange(n_classes)).astype(np.float32)
    mean, spread = hot.mean(axis=0), hot.std(axis=0)
    targets = (hot - mean) / np.where(spread > 0, spread, 1)

    def score(subset: Subset) -> float:
        kernel = fused([kernels[name] for name in subset])
        left_out = min((leave_one_out(kernel, targets, ridge) for ridge in RIDGES), key=lambda f: _squares(f, targets))
        if metric == "r2":
            return 1 - _squares(left_out, targets)
        value = (auc if metric == "auc" else accuracy)(task, truth)((mean + spread * left_out)[None])[0]
        return -inf if np.isnan(value) else float(value)

    # One subset per core: BLAS that splits each small matrix waits for its own threads, up to 20 times longer.
    with ONE_THREAD.held(), ThreadPoolExecutor(profiling.cores()) as threads:
        kernels = {name: centred_kernel(blocks[name][kept]) for name in sorted(blocks)}
        subsets = all_subsets(list(kernels))
        return dict(zip(subsets, threads.map(score, subsets), strict=True))


def centred_kernel(block: Matrix) -> NDArray[np.float32]:
    """Returns (N, N) linear kernel of a block (N, D) about its mean, with trace N; zero where no feature varies.

    The intercept makes the mean irrelevant; without it float32 keeps its digits for what differs.
    """
    features = block.astype(np.float64) - block.mean(axis=0, dtype=np.float64)
    trace = float(np.square(features).sum())
    if trace <= 1e-12 * len(block):
        return np.zeros((len(block), len(block)), np.float32)
    features = (features * np.sqrt(len(block) / trace)).astype(np.float32)
    return np.asarray(features @ features.T)


def fused(kernels: Sequence[Matrix]) -> Matrix:
    """Returns the kernel of the joined, scaled features, again with trace N."""
    return np.asarray(sum(kernels[1:], start=kernels[0]) / len(kernels))


def leave_one_out(kernel: Matrix, targets: Matrix, ridge: float) -> Matrix:
    """Returns (N, C) predictions of each row by the kernel ridge regression, with an intercept, of all other rows.

    A Cholesky factorisation per ridge: at 500 rows it costs a tenth of the eigendecomposition that would serve all.

    Args:
        kernel: (N, N), which decides the precision: float32 to rank, float64 to compare.
        targets: (N, C).
        ridge: added to the diagonal.
    """
    system = kernel.copy(order="F")
    system.flat[:: len(system) + 1] += ridge
    inverse = lapack.inverse_factor(system)
    ones = inverse.T @ inverse.sum(axis=1)
    solved = inverse.T @ (inverse @ targets) - np.outer(ones, ones @ targets / ones.sum())
    diagonal = np.square(inverse).sum(axis=0) - np.square(ones) / ones.sum()
    return np.asarray(targets - solved / diagonal[:, None])


def draw(labels: Labels, rows: int, seed: int) -> NDArray[np.intp]:
    """Positions of at most about `rows` images in ascending order, stratified by class where there is one label.

    Every class keeps at least two images, where it has them: a class of one could never be right when left out.
    """
    random = np.random.default_rng(seed)
    if len(labels) <= rows:
        return np.arange(len(labels))
    if labels.ndim == 2:
        return np.sort(random.permutation(len(labels))[:rows])
    kept = []
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        kept.append(random.permutation(own)[: max(2, round(rows * len(own) / len(labels)))])
    return np.sort(np.concatenate(kept))


def _squares(predictions: Matrix, targets: Matrix) -> float:
    """Mean squared error, which for targets of unit variance is 1 - R2."""
    return float(np.square(predictions - targets).mean())
