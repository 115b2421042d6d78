"""Decompositions by LAPACK itself, against SciPy's."""

import threading
from collections.abc import Callable

import numpy as np
import pytest
import scipy.linalg
from numpy.typing import NDArray

from fuseboard.harness.classifiers import lapack
from fuseboard.store.errors import FuseboardError


@pytest.mark.parametrize("size", [1, 2, 7, 200])
def test_equal_to_scipy_in_the_memory_of_the_matrix(size: int) -> None:
    rows = np.random.default_rng(size).normal(size=(size, 2 * size))
    matrix = rows @ rows.T
    values, vectors = scipy.linalg.eigh(matrix)
    own = matrix.copy()
    found, axes = lapack.eigh(own)
    assert np.shares_memory(axes, own)
    assert found == pytest.approx(values, rel=1e-9)
    assert np.abs((axes * vectors).sum(axis=0)) == pytest.approx(np.ones(size), rel=1e-6)
    assert axes @ np.diag(found) @ axes.T == pytest.approx(matrix, abs=1e-9 * size)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1, 2, 7, 200])
def test_the_inverse_factor_is_scipys_to_the_last_bit(size: int, dtype: type) -> None:
    rows = np.random.default_rng(size).normal(size=(size, 2 * size)).astype(dtype)
    matrix = np.asfortranarray(rows @ rows.T)
    potrf, trtri = scipy.linalg.get_lapack_funcs(("potrf", "trtri"), (matrix,))
    expected, _ = trtri(potrf(matrix, lower=1)[0], lower=1)
    assert np.array_equal(lapack.inverse_factor(matrix.copy(order="F")), expected)


def test_a_matrix_that_is_not_positive_definite_is_refused() -> None:
    with pytest.raises(FuseboardError, match="3 x 3 cannot be decomposed"):
        lapack.inverse_factor(np.asfortranarray(np.diag([1.0, -1.0, 1.0])))


@pytest.mark.parametrize("decompose", [lapack.eigh, lapack.inverse_factor])
def test_other_threads_run_meanwhile(decompose: Callable[[NDArray[np.float64]], object]) -> None:
    """A decomposition that kept the interpreter's lock would stop every fit beside it."""
    rows = np.random.default_rng(0).normal(size=(1_500, 1_600))
    matrix, done, steps = np.asfortranarray(rows @ rows.T), threading.Event(), 0

    def work() -> None:
        decompose(matrix)
        done.set()

    thread = threading.Thread(target=work)
    thread.start()
    while not done.wait(0.001):
        steps += 1
    thread.join()
    assert steps > 3


def test_a_lapack_of_longer_integers_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = np.diag([3.0, 1.0, 2.0])
    monkeypatch.setattr(lapack, "INT", b" int64_t *")
    lapack._function.cache_clear()
    try:
        values, vectors = lapack.eigh(matrix.copy())
        inverse = lapack.inverse_factor(matrix.copy(order="F"))
    finally:
        lapack._function.cache_clear()
    assert values == pytest.approx([1, 2, 3])
    assert vectors @ np.diag(values) @ vectors.T == pytest.approx(matrix)
    assert inverse.T @ inverse == pytest.approx(np.diag([1 / 3, 1, 1 / 2]))
