"""LAPACK's own functions, in the memory of the matrix and without the interpreter's lock.

SciPy's wrappers keep the lock, so that fits side by side would wait for each other; NumPy's eigendecomposition holds
two copies more and takes a third longer. SciPy hands out the same functions for Cython, which is what this calls.
"""

import ctypes
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.classifiers.gram import Matrix
from fuseboard.store.errors import FuseboardError

INT = b" int *"
"""How SciPy writes an integer of what is called here; a build for matrices of more than 2^31 numbers says otherwise."""
_INT = ctypes.POINTER(ctypes.c_int)
_CHAR, _ARRAY = ctypes.c_char_p, ctypes.c_void_p
_ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "syevd": (_CHAR, _CHAR, _INT, _ARRAY, _INT, _ARRAY, _ARRAY, _INT, _INT, _INT, _INT),
    "potrf": (_CHAR, _INT, _ARRAY, _INT, _INT),
    "trtri": (_CHAR, _CHAR, _INT, _ARRAY, _INT, _INT),
}
_PREFIX = {"float32": "s", "float64": "d"}


@cache
def _function(name: str) -> Any:
    """A function of ctypes, which lets go of the lock while it is called; None where its integers are longer."""
    from scipy.linalg import cython_lapack

    capsule = cython_lapack.__pyx_capi__[name]
    signature_of, pointer = ctypes.pythonapi.PyCapsule_GetName, ctypes.pythonapi.PyCapsule_GetPointer
    signature_of.restype, signature_of.argtypes = ctypes.c_char_p, [ctypes.py_object]
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    signature = signature_of(capsule)
    arguments = _ARGUMENTS[name[1:]]
    if signature.count(INT) != arguments.count(_INT):
        return None
    return ctypes.CFUNCTYPE(None, *arguments)(pointer(capsule, signature))


def eigh(matrix: Matrix) -> tuple[NDArray[np.float64], Matrix]:
    """Returns eigenvalues (n,), ascending, and vectors (n, n) as columns, which take the place of the matrix.

    Args:
        matrix: (n, n) float64, symmetric, of consecutive rows.
    """
    if (syevd := _function("dsyevd")) is None:
        values, vectors = np.linalg.eigh(matrix)
        return values, vectors
    size = len(matrix)
    values, status = np.empty(size), ctypes.c_int()

    def call(work: NDArray[np.float64], whole: NDArray[np.int32], asked: int | None = None) -> None:
        lengths = [ctypes.c_int(len(each) if asked is None else asked) for each in (work, whole)]
        order, whole_at = ctypes.c_int(size), whole.ctypes.data_as(_INT)
        places = [each.ctypes.data for each in (matrix, values, work)]
        syevd(b"V", b"L", order, places[0], order, places[1], places[2], lengths[0], whole_at, lengths[1], status)
        _require(status, "dsyevd", size)

    work, whole = np.empty(1), np.empty(1, np.int32)
    call(work, whole, -1)
    call(np.empty(int(work[0])), np.empty(int(whole[0]), np.int32))
    return values, matrix.T


def inverse_factor(matrix: NDArray[Any]) -> NDArray[Any]:
    """Returns the inverse (n, n), lower triangular, of the Cholesky factor of a matrix, whose memory is used up.

    Args:
        matrix: (n, n) float32 or float64, symmetric and positive definite, of consecutive columns.
    """
    prefix = _PREFIX[matrix.dtype.name]
    potrf, trtri = _function(f"{prefix}potrf"), _function(f"{prefix}trtri")
    if potrf is None or trtri is None:
        return np.linalg.inv(np.linalg.cholesky(matrix))
    order, place, status = ctypes.c_int(len(matrix)), matrix.ctypes.data, ctypes.c_int()
    potrf(b"L", order, place, order, status)
    _require(status, f"{prefix}potrf", len(matrix))
    trtri(b"L", b"N", order, place, order, status)
    _require(status, f"{prefix}trtri", len(matrix))
    return np.asfortranarray(np.tril(matrix))


def _require(status: ctypes.c_int, name: str, size: int) -> None:
    if status.value:
        raise FuseboardError(f"a matrix of {size} x {size} cannot be decomposed ({name} said {status.value})")
