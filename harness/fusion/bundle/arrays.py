"""Arrays as bytes: safetensors, read with the types and shapes that the manifest says."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.store.errors import FuseboardError

Shape = tuple[int, ...]
HEADER = 2**16
"""Bytes that the header of a file may have; ours have a few hundred, and one per curve of a calibration."""


def dump(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Returns arrays as safetensors."""
    from safetensors.numpy import save

    return bytes(save({name: np.ascontiguousarray(array) for name, array in arrays.items()}))


def load(content: bytes, where: str, wanted: Mapping[str, tuple[Any, Shape]]) -> dict[str, NDArray[Any]]:
    """Returns the arrays of a file.

    Args:
        content: of the file.
        where: it comes from.
        wanted: name -> type and shape that the array must have; -1 is any length.

    Raises:
        FuseboardError: it is no such file, or holds other arrays, types, shapes, or what is not finite.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load as read

    try:
        if int.from_bytes(content[:8], "little") > HEADER + 200 * len(wanted):
            raise ValueError("its header is too long")
        found = read(content)
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise FuseboardError(f"{where}: not readable as safetensors ({error}); nothing was loaded") from error
    if set(found) != set(wanted):
        odd = min(set(found) ^ set(wanted))
        raise FuseboardError(f"{where}: array {odd[:60]!r} is {'not wanted' if odd in found else 'missing'}")
    for name, (kind, shape) in wanted.items():
        array = found[name]
        fits = array.ndim == len(shape) and all(w in (-1, n) for n, w in zip(array.shape, shape, strict=True))
        if array.dtype != np.dtype(kind) or not fits:
            said = " x ".join("?" if n == -1 else str(n) for n in shape)
            raise FuseboardError(
                f"{where}: {name} is {array.dtype} of shape {array.shape}, where {np.dtype(kind)} {said} is wanted"
            )
        if not np.isfinite(array).all():
            raise FuseboardError(f"{where}: {name} holds NaN or infinity; nothing was loaded")
    return found
