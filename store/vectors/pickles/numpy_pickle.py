"""NumPy arrays in pickles, as NumPy 1 and 2 write them."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.store.vectors.pickles.pickled import Builder, Name, Placeholder, Refused, extents

DTYPES = {"b1": "u1", **{code: code for code in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8")}}
"""What is understood of NumPy's codes -> how it is read. A bool that is neither 0 nor 1 is so seen to be none."""


class DType(Placeholder):
    """A type of numbers, whose byte order BUILD brings."""

    def __init__(self, code: str) -> None:
        self._code, self._order = code, ""

    @property
    def numpy(self) -> np.dtype[Any]:
        """The type as NumPy knows it."""
        return np.dtype(self._order + DTYPES[self._code])

    def build(self, state: Any) -> None:
        """Returns (version, byte order, None, None, None, -1, -1, 0); anything else would be a structure."""
        if self._order or type(state) is not tuple or len(state) < 5 or any(part is not None for part in state[2:5]):
            raise Refused("refuses a NumPy type that is more than a type of numbers")
        if type(state[1]) is not str or state[1] not in ("<", ">", "|", "="):
            raise Refused("refuses a NumPy type of unknown byte order")
        self._order = state[1]


class Array(Placeholder):
    """An array, empty until BUILD."""

    def __init__(self) -> None:
        self._array: NDArray[Any] | None = None

    @property
    def numpy(self) -> NDArray[Any]:
        """The array; raises Refused where BUILD never came."""
        if self._array is None:
            raise Refused("is damaged: it has a NumPy array without content")
        return self._array

    def build(self, state: Any) -> None:
        """Returns (version, shape, type, whether in Fortran's order, bytes)."""
        if self._array is not None or type(state) is not tuple or len(state) != 5:
            raise Refused("refuses a NumPy array whose state is not five values")
        _, shape, dtype, fortran, data = state
        self._array = _array(data, dtype, shape, "F" if fortran is True else "C")


def names() -> dict[Name, Builder | None]:
    """Every name that a pickled array or number of NumPy holds."""
    builders: dict[Name, Builder | None] = {Name("numpy", "ndarray"): None, Name("numpy", "dtype"): _dtype}
    for core in ("numpy.core", "numpy._core"):
        builders[Name(f"{core}.multiarray", "_reconstruct")] = _reconstruct
        builders[Name(f"{core}.multiarray", "scalar")] = _scalar
        builders[Name(f"{core}.numeric", "_frombuffer")] = _frombuffer
    return builders


def _dtype(arguments: tuple[Any, ...]) -> DType:
    code = arguments[0] if arguments else None
    if type(code) is not str or code not in DTYPES:
        raise Refused(f"refuses NumPy numbers of type {ascii(code)[:40] if type(code) is str else 'unknown'}")
    return DType(code)


def _reconstruct(arguments: tuple[Any, ...]) -> Array:
    if len(arguments) != 3 or not isinstance(arguments[0], Name) or arguments[0].qualname != "ndarray":
        raise Refused("refuses a NumPy array of another class than ndarray")
    return Array()


def _scalar(arguments: tuple[Any, ...]) -> NDArray[Any]:
    if len(arguments) != 2:
        raise Refused("refuses a NumPy number that is not a type and bytes")
    return _array(arguments[1], arguments[0], (), "C")


def _frombuffer(arguments: tuple[Any, ...]) -> NDArray[Any]:
    """Returns (bytes, type, shape, order[, axes]); with order K the bytes are in C's order of the permuted axes."""
    data, dtype, shape, order, *axes = arguments if len(arguments) in (4, 5) else (None,) * 4
    if type(order) is not str or order not in ("C", "F", "K"):
        raise Refused("refuses a NumPy array of unknown order")
    if order != "K":
        return _array(data, dtype, shape, order)
    array = _array(data, dtype, shape, "C")
    permuted = extents(axes[0], "order of axes") if axes else ()
    if sorted(permuted) != list(range(array.ndim)):
        raise Refused("refuses a NumPy array of unknown order")
    return array.transpose(permuted)


def _array(data: Any, dtype: Any, shape: Any, order: Any) -> NDArray[Any]:
    """Returns a view of the bytes, which must be exactly what the shape needs."""
    if not isinstance(data, bytes | memoryview) or not isinstance(dtype, DType):
        raise Refused("refuses a NumPy array without bytes or type")
    size = extents(shape, "shape")
    if not data or math.prod(size) * dtype.numpy.itemsize != len(data):
        raise Refused(f"refuses a NumPy array of shape {size} in {len(data):,} bytes")
    return np.ndarray(size, dtype.numpy, memoryview(data), order=order)
