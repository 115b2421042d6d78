"""CKA against the definition, written with whole kernel matrices."""

import numpy as np
import pytest

from harness.cka import linear_cka


def by_definition(x: np.ndarray, y: np.ndarray) -> float:
    """Song et al.'s unbiased HSIC, equation 5, term by term."""
    n = len(x)
    one = np.ones(n)

    def hsic(a: np.ndarray, b: np.ndarray) -> float:
        k, l_ = a @ a.T, b @ b.T
        np.fill_diagonal(k, 0)
        np.fill_diagonal(l_, 0)
        middle = (one @ k @ one) * (one @ l_ @ one) / ((n - 1) * (n - 2))
        return float((np.trace(k @ l_) + middle - 2 / (n - 2) * (one @ k @ l_ @ one)) / (n * (n - 3)))

    x, y = x.astype(np.float64), y.astype(np.float64)
    return hsic(x, y) / np.sqrt(hsic(x, x) * hsic(y, y))


@pytest.mark.parametrize("shape", [(4, 3, 2), (50, 7, 90), (1200, 6, 5)])
def test_it_is_the_definition(shape: tuple[int, int, int]) -> None:
    n, d, e = shape
    rng = np.random.default_rng(0)
    x = rng.normal(2, 1, (n, d)).astype(np.float32)
    y = (np.concatenate([x[:, :2], rng.normal(size=(n, e))], axis=1) + 5).astype(np.float32)
    assert linear_cka(x, y) == pytest.approx(by_definition(x, y), abs=1e-6)


def test_rotation_and_scale_change_nothing() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(60, 20))
    rotation, _ = np.linalg.qr(rng.normal(size=(20, 20)))
    assert linear_cka(x, 3 * x @ rotation + 1) == pytest.approx(1, abs=1e-12)


def test_unrelated_wide_matrices_are_not_alike() -> None:
    rng = np.random.default_rng(2)
    assert abs(linear_cka(rng.normal(size=(50, 2000)), rng.normal(size=(50, 2000)))) < 0.1


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(ValueError, match="same rows"):
        linear_cka(np.ones((5, 2)), np.ones((6, 2)))
