"""Resident blocks: matrices that stay in a GPU's memory while many fits share them."""

import weakref
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

_resident: dict[tuple[int, str], Any] = {}
_copying = Lock()


def resident(block: NDArray[np.float32], device: str) -> Any:
    """The block on `cuda` or `cuda:N`, copied there once, and freed there when the block itself is gone.

    XGBoost takes arrays of a GPU from CuPy only; where that is not installed the block itself is the answer, and every
    fit copies what it joins.
    """
    try:
        import cupy
    except ImportError:
        return block
    key = id(block), device
    with _copying:  # fits side by side ask for the same block at once
        if key not in _resident:
            with cupy.cuda.Device(int(device.partition(":")[2] or 0)):
                _resident[key] = cupy.asarray(block)
            weakref.finalize(block, _resident.pop, key, None)
        return _resident[key]
