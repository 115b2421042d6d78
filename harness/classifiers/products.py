"""Products of standardised blocks: those of rows and of columns, multiplied once however many subsets they serve."""

import weakref
from collections.abc import Callable
from functools import partial
from threading import RLock
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.classifiers.classifier import Blocks
from fuseboard.harness.classifiers.fusion import BATCH_ROWS
from fuseboard.harness.classifiers.gram import Matrix, Standardiser

Block = NDArray[np.float32]

WITHOUT_TORCH = ("cpu", "mps")
"""Devices for which NumPy multiplies: Apple's GPUs have no float64."""

_known: dict[tuple[Any, ...], Any] = {}
_multiplying = RLock()


def standardiser(block: Block) -> Standardiser:
    """Mean and deviation of a block's columns."""
    found: Standardiser = _once(("standardiser",), [block], lambda: Standardiser.of(block, np.ones(len(block))))
    return found


def of_rows(blocks: Blocks, device: str) -> Any:
    """The products (N, N) of the rows of joined, standardised blocks: the sum of the blocks' own."""
    total: Any = 0
    for block in blocks:
        total = total + _once(("rows", device), [block], partial(_rows, block, device))
    return total


def of_columns(blocks: Blocks, device: str) -> Any:
    """The products (D, D) of their columns, put together from those of pairs of blocks."""

    def pair(j: int, k: int) -> Any:
        if j > k:
            return pair(k, j).T
        one, other = blocks[j], blocks[k]
        return _once(("columns", device), [one, other], partial(_columns, one, other, device))

    joined = linear_algebra(device).concatenate
    each = range(len(blocks))
    return joined([joined([pair(j, k) for k in each], 1) for j in each], 0)


def linear_algebra(device: str) -> ModuleType:
    """NumPy, or torch on a GPU that has float64: both have the same names for what is needed of them."""
    if device in WITHOUT_TORCH:
        return np
    import torch

    return torch


def put(array: NDArray[Any], device: str) -> Any:
    """Brings an array to where it is multiplied, in float64."""
    if device in WITHOUT_TORCH:
        return np.asarray(array, np.float64)
    import torch

    return torch.from_numpy(np.asarray(array, np.float64)).to(device)


def host(array: Any) -> Matrix:
    """Brings it back."""
    return array if isinstance(array, np.ndarray) else np.asarray(array.cpu())


def _rows(block: Block, device: str) -> Any:
    total: Any = 0
    for _, columns in standardiser(block).columns(block):
        here = put(columns, device)
        total = total + here @ here.T
    return total


def _columns(one: Block, other: Block, device: str) -> Any:
    total: Any = 0
    for start in range(0, len(one), BATCH_ROWS):
        rows = slice(start, start + BATCH_ROWS)
        left = put(standardiser(one).apply(one[rows]), device)
        right = left if one is other else put(standardiser(other).apply(other[rows]), device)
        total = total + left.T @ right
    return total


def _once(kind: tuple[str, ...], blocks: Blocks, multiply: Callable[[], Any]) -> Any:
    """Multiplies once while the blocks live; fits side by side ask for the same product at once."""
    key = (*kind, *map(id, blocks))
    with _multiplying:
        if key not in _known:
            _known[key] = multiply()
            for block in blocks:
                weakref.finalize(block, _known.pop, key, None)
        return _known[key]
