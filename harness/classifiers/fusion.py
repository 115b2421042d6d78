"""Fusion: how the blocks of a subset become one matrix of features."""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Subset = tuple[str, ...]
"""Backbones in alphabetical order: a set, written one way only."""

CONCAT = "concat"
SOFT_VOTE = "soft-vote"
WEIGHTED_VOTE = "weighted-vote"
"""Fusions: features side by side, the mean of the single backbones' predictions, and their weighted mean."""

BATCH_ROWS = 2_048
"""Rows joined at a time."""


def concat(blocks: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Joins blocks (N, D_k) side by side into (N, sum of D_k), unscaled: trees do not care about scale."""
    return blocks[0] if len(blocks) == 1 else np.concatenate(blocks, axis=1)


def batches(
    blocks: Sequence[NDArray[np.float32]], size: int = BATCH_ROWS
) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """The rows of the joined blocks, `size` at a time, so that the joined matrix never exists as a whole."""
    for start in range(0, len(blocks[0]), size):
        rows = slice(start, min(start + size, len(blocks[0])))
        yield rows, concat([block[rows] for block in blocks])


def all_subsets(backbones: Sequence[str]) -> list[Subset]:
    """All 2^K - 1 subsets, the small ones first."""
    pool = sorted(backbones)
    return [subset for size in range(1, len(pool) + 1) for subset in combinations(pool, size)]
