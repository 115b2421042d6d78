"""Resident blocks: matrices that stay in a GPU's memory while many fits share them."""

import weakref
from contextlib import AbstractContextManager, nullcontext
from threading import Lock
from typing import Any

_resident: dict[tuple[int, str], Any] = {}
_copying = Lock()


def resident(block: Any, device: str) -> Any:
    """Returns the block on `cuda` or `cuda:N`, copied there once, and freed there when the block itself is gone.

    XGBoost takes arrays of a GPU from CuPy only; where that is not installed the block itself is the answer, and every
    fit copies what it joins. What is on a GPU already stays where it is.
    """
    cupy = _cupy(device)
    if cupy is None or is_resident(block):
        return block
    key = id(block), device
    with _copying:  # fits side by side ask for the same block at once
        if key not in _resident:
            with current(device):
                _resident[key] = cupy.asarray(block)
            weakref.finalize(block, _resident.pop, key, None)
        return _resident[key]


def current(device: str) -> AbstractContextManager[Any]:
    """Makes a GPU the one that CuPy computes on in this thread: it joins and cuts arrays of no other."""
    cupy = _cupy(device)
    return nullcontext() if cupy is None else cupy.cuda.Device(int(device.partition(":")[2] or 0))


def is_resident(array: Any) -> bool:
    """Whether an array lies on a GPU: one of CuPy has `get`, which copies it to the host."""
    return hasattr(array, "get")


def _cupy(device: str) -> Any:
    """Returns the library, or None where it is not installed or nobody needs it."""
    if device == "cpu":
        return None
    try:
        import cupy
    except ImportError:
        return None
    return cupy
