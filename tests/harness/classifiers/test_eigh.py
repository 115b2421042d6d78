"""The eigendecomposition by LAPACK itself, against SciPy's."""

import threading

import numpy as np
import pytest
import scipy.linalg

from fuseboard.harness.classifiers import eigh as module
from fuseboard.harness.classifiers.eigh import eigh


@pytest.mark.parametrize("size", [1, 2, 7, 200])
def test_equal_to_scipy_in_the_memory_of_the_matrix(size: int) -> None:
    rows = np.random.default_rng(size).normal(size=(size, 2 * size))
    matrix = rows @ rows.T
    values, vectors = scipy.linalg.eigh(matrix)
    own = matrix.copy()
    found, axes = eigh(own)
    assert np.shares_memory(axes, own)
    assert found == pytest.approx(values, rel=1e-9)
    assert np.abs((axes * vectors).sum(axis=0)) == pytest.approx(np.ones(size), rel=1e-6)
    assert axes @ np.diag(found) @ axes.T == pytest.approx(matrix, abs=1e-9 * size)


def test_other_threads_run_meanwhile() -> None:
    """A decomposition that kept the interpreter's lock would stop every fit beside it."""
    rows = np.random.default_rng(0).normal(size=(900, 1_000))
    matrix, done, steps = rows @ rows.T, threading.Event(), 0
    thread = threading.Thread(target=lambda: (eigh(matrix), done.set()))
    thread.start()
    while not done.wait(0.001):
        steps += 1
    thread.join()
    assert steps > 3


def test_a_lapack_of_longer_integers_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = np.diag([3.0, 1.0, 2.0])
    monkeypatch.setattr(module, "INT_SIGNATURE", b"void (char *, char *, int64_t *,")
    module._dsyevd.cache_clear()
    try:
        values, vectors = eigh(matrix)
    finally:
        module._dsyevd.cache_clear()
    assert values == pytest.approx([1, 2, 3])
    assert vectors @ np.diag(values) @ vectors.T == pytest.approx(matrix)
