"""Fusion: how the blocks of a subset become one matrix of features."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Subset = tuple[str, ...]
"""Backbones in alphabetical order: a set, written one way only."""

CONCAT = "concat"


def concat(blocks: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Joins blocks (N, D_k) side by side into (N, sum of D_k), unscaled: trees do not care about scale."""
    return blocks[0] if len(blocks) == 1 else np.concatenate(blocks, axis=1)
