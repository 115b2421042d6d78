"""How functions are compiled: without the interpreter's lock, once per machine."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numba


def compiled(function: Callable[..., Any]) -> Any:
    """Compiles at the first call, and keeps the result on disk where Numba finds a place that it may write to."""
    njit: Any = partial(numba.njit, nogil=True, error_model="numpy")
    try:
        return njit(function, cache=True)
    except RuntimeError:  # no such place
        return njit(function)
