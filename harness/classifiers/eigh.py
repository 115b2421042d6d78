"""The eigendecomposition of a symmetric matrix, in its own memory and without the interpreter's lock.

NumPy's holds two copies more and takes a third longer; SciPy's `eigh` does neither, but keeps the lock, so that fits
side by side would wait for each other. This calls the same function of LAPACK, which SciPy hands out for Cython.
"""

import ctypes
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.classifiers.gram import Matrix
from fuseboard.store.errors import FuseboardError

INT_SIGNATURE = b"void (char *, char *, int *,"
"""How SciPy names what is called here; a build for matrices of more than 2^31 numbers says otherwise."""
_INT = ctypes.POINTER(ctypes.c_int)
_ARGUMENTS: tuple[Any, ...] = (
    ctypes.c_char_p,
    ctypes.c_char_p,
    _INT,
    ctypes.c_void_p,
    _INT,
    *[ctypes.c_void_p] * 2,
    _INT,
    *[_INT] * 3,
)


@cache
def _dsyevd() -> Any:
    """A function of ctypes, which lets go of the lock while it is called; None where its integers are longer."""
    from scipy.linalg import cython_lapack

    capsule = cython_lapack.__pyx_capi__["dsyevd"]
    name, pointer = ctypes.pythonapi.PyCapsule_GetName, ctypes.pythonapi.PyCapsule_GetPointer
    name.restype, name.argtypes = ctypes.c_char_p, [ctypes.py_object]
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    signature = name(capsule)
    if not signature.startswith(INT_SIGNATURE):
        return None
    return ctypes.CFUNCTYPE(None, *_ARGUMENTS)(pointer(capsule, signature))


def eigh(matrix: Matrix) -> tuple[NDArray[np.float64], Matrix]:
    """Returns eigenvalues (n,), ascending, and vectors (n, n) as columns, which take the place of the matrix.

    Args:
        matrix: (n, n) float64, symmetric, of consecutive rows.
    """
    if (dsyevd := _dsyevd()) is None:
        values, vectors = np.linalg.eigh(matrix)
        return values, vectors
    size = len(matrix)
    values, status = np.empty(size), ctypes.c_int()

    def call(work: NDArray[np.float64], whole: NDArray[np.int32], asked: int | None = None) -> None:
        lengths = [ctypes.c_int(len(each) if asked is None else asked) for each in (work, whole)]
        order, whole_at = ctypes.c_int(size), whole.ctypes.data_as(_INT)
        places = [each.ctypes.data for each in (matrix, values, work)]
        dsyevd(
            b"V", b"L", order, places[0], order, places[1], places[2], lengths[0], whole_at, lengths[1], status
        )  # fmt: skip
        if status.value:
            raise FuseboardError(f"an eigendecomposition of {size} x {size} failed (dsyevd said {status.value})")

    work, whole = np.empty(1), np.empty(1, np.int32)
    call(work, whole, -1)
    call(np.empty(int(work[0])), np.empty(int(whole[0]), np.int32))
    return values, matrix.T
