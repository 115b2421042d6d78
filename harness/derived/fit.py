"""Fitting: what makes vectors smaller, learned from the vectors of training alone."""

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.classifiers.one_thread import ONE_THREAD
from fuseboard.store.embeddings.coding import LEVELS
from fuseboard.store.embeddings.derived import Recipe
from fuseboard.store.embeddings.transform import Step, Transform
from fuseboard.store.errors import UsageError

BATCH_ROWS = 4_096
SMALLEST = 1e-12
"""Share of the largest variance below which a direction is rounding and no direction."""

Matrix = NDArray[np.float64]


def fit(recipe: Recipe, vectors: NDArray[np.float32]) -> tuple[Transform, float]:
    """Fits each step on what those before it make; the same vectors give the same bits on the same machine.

    Args:
        recipe: what is done.
        vectors: (N, D) of training.

    Returns:
        The transform, and the share of the variance that its projection keeps (1 without one).

    Raises:
        UsageError: more directions than the vectors have, or vectors that are all the same.
    """
    if (vectors == vectors[:1]).all():
        raise UsageError(f"all {len(vectors):,} training vectors are the same, so nothing can be derived from them")
    steps: list[Step] = []
    share = 1.0
    if recipe.pca is not None:
        step, share = pca(vectors, recipe.pca)
        steps.append(step)
        vectors = Transform((step,)).project(vectors)
    if recipe.coding == "int8":
        steps.append(int8(vectors))
    elif recipe.coding == "binary":
        steps.append(binary(vectors))
    return Transform(tuple(steps)), share


def pca(vectors: NDArray[np.float32], dim: int) -> tuple[Step, float]:
    """Returns the projection on the directions of largest variance, and the share of the variance that it keeps.

    Of each direction, the number of largest magnitude is positive, so that its sign is no accident of a library (as
    `svd_flip` of scikit-learn does it). With fewer images than numbers it is computed from the images' products.
    """
    mean = vectors.mean(axis=0, dtype=np.float64)
    with ONE_THREAD.held():
        variances, components = _directions(vectors, mean, dim)
    rank = int((variances > SMALLEST * variances[0]).sum())
    if dim > rank:
        raise UsageError(
            f"--pca {dim}: the {len(vectors):,} training vectors of {vectors.shape[1]:,} numbers have {rank:,} "
            f"directions; {rank:,} at most"
        )
    largest = np.abs(components).argmax(axis=1)
    components *= np.sign(components[np.arange(len(components)), largest])[:, None]
    share = float(variances[:dim].sum() / variances.sum())
    arrays = {"mean": mean[None].astype(np.float32), "components": components[:dim].astype(np.float32)}
    return Step("pca", arrays), share


def _directions(vectors: NDArray[np.float32], mean: Matrix, dim: int) -> tuple[Matrix, Matrix]:
    """Returns all variances (up to a factor), the largest first, and the directions of at most `dim` of them."""
    from scipy import linalg

    if len(vectors) > vectors.shape[1]:
        products = np.zeros((vectors.shape[1], vectors.shape[1]))
        for start in range(0, len(vectors), BATCH_ROWS):
            part = vectors[start : start + BATCH_ROWS].astype(np.float64) - mean
            products += part.T @ part
        variances, found = linalg.eigh(products)
        return np.maximum(variances[::-1], 0), np.ascontiguousarray(found[:, ::-1][:, :dim].T)
    centred = vectors.astype(np.float64) - mean
    _, lengths, found = linalg.svd(centred, full_matrices=False)
    return lengths**2, np.ascontiguousarray(found[:dim])


def int8(vectors: NDArray[np.float32]) -> Step:
    """Returns one byte per number: the range of each number in training, in 254 equal steps."""
    low, high = (ends.astype(np.float64) for ends in (vectors.min(axis=0), vectors.max(axis=0)))
    arrays = {"offset": (high + low) / 2, "scale": (high - low) / (2 * LEVELS)}
    return Step("int8", {name: array[None].astype(np.float32) for name, array in arrays.items()})


def binary(vectors: NDArray[np.float32]) -> Step:
    """Returns one bit per number: whether it lies above its median in training, which divides images evenly."""
    return Step("binary", {"threshold": np.median(vectors, axis=0)[None].astype(np.float32)})
