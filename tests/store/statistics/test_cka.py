"""CKA against the definition, written with whole kernel matrices, and the bound on its memory."""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuseboard.store.statistics import cka, tiling
from fuseboard.store.statistics.cka import Batch, ckas, linear_cka


def by_definition(x: np.ndarray, y: np.ndarray) -> float:
    """HSIC_1 of Song et al. 2012, equation 5, term by term."""
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


def value(one: np.ndarray, other: np.ndarray) -> float:
    found = linear_cka(one, other)
    assert found.value is not None, found.reason
    return found.value


class Streamed:
    """Matrices that are handed out in batches; says what was read."""

    def __init__(self, matrices: dict[str, np.ndarray], rows: int | None = None) -> None:
        self.matrices, self.rows, self.passes = matrices, rows, list[tuple[str, ...]]()

    def __call__(self, names: Sequence[str], rows: int) -> Iterator[Batch]:
        self.passes.append(tuple(names))
        images, step = len(self.matrices[names[0]]), self.rows or rows
        for start in range(0, images, step):
            yield {name: self.matrices[name][start : start + step] for name in names}

    def all(self, bound: int | None = None) -> dict[tuple[str, str], cka.CkaResult]:
        widths = {name: matrix.shape[1] for name, matrix in self.matrices.items()}
        found = list(ckas(self, widths, combinations(sorted(self.matrices), 2), bound))
        assert sum(map(len, found)) == len({pair for each in found for pair in each}), "each pair once"
        return {pair: alike for each in found for pair, alike in each.items()}


def related(count: int, images: int, width: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Matrices of growing widths, far from their origin, that share some directions."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(images, 3))
    return {
        chr(97 + k): (common @ rng.normal(size=(3, width + k)) + rng.normal(3, 1, (images, width + k))).astype("f4")
        for k in range(count)
    }


@pytest.mark.parametrize("shape", [(4, 3, 2), (5, 1, 1), (50, 7, 90), (1200, 6, 5), (40, 900, 700)])
def test_it_is_the_definition(shape: tuple[int, int, int]) -> None:
    n, d, e = shape
    rng = np.random.default_rng(0)
    x = rng.normal(2, 1, (n, d)).astype(np.float32)
    y = (np.concatenate([x[:, :2], rng.normal(size=(n, e))], axis=1) + 5).astype(np.float32)
    assert value(x, y) == pytest.approx(by_definition(x - x.mean(axis=0), y - y.mean(axis=0)), abs=1e-6)
    x, y = x.astype(np.float64), y.astype(np.float64)
    assert value(x, y) == pytest.approx(by_definition(x, y), abs=1e-9)


def test_half_precision_is_taken_as_it_is() -> None:
    x, y = (matrix.astype(np.float16) for matrix in related(2, 60, 9).values())
    assert value(x, y) == pytest.approx(by_definition(x, y), abs=1e-9)


def test_rotation_scale_and_shift_change_nothing() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(60, 20)), rng.normal(size=(60, 30))
    rotation, _ = np.linalg.qr(rng.normal(size=(20, 20)))
    assert value(x, 3 * x @ rotation + 1) == pytest.approx(1, abs=1e-12)
    assert value(x, y) == pytest.approx(value(1e-3 * x @ rotation - 100, 1e3 * y + 7), abs=1e-9)
    assert value(x, y) == pytest.approx(value(y, x), abs=1e-14)
    order = rng.permutation(60)
    assert value(x, y) == pytest.approx(value(x[order], y[order]), abs=1e-14)
    assert value(x, y[order]) != pytest.approx(value(x, y), abs=1e-3)


def test_a_large_common_offset_costs_no_digits() -> None:
    x, y = related(2, 80, 12).values()
    far = x.astype(np.float64) + 1e6
    assert value(far, y) == pytest.approx(value(x, y), abs=1e-8)


def test_unrelated_wide_matrices_are_not_alike() -> None:
    rng = np.random.default_rng(2)
    assert abs(value(rng.normal(size=(50, 2000)), rng.normal(size=(50, 2000)))) < 0.1


def test_rounding_never_leaves_the_range() -> None:
    rng = np.random.default_rng(3)
    found = [value(x, scale * x) for scale in (1, 0.1, 3) for x in rng.normal(size=(20, 9, 5)).astype(np.float32)]
    assert max(found) <= 1
    assert min(found) > 1 - 1e-6


@settings(max_examples=25)
@given(rows=st.integers(1, 40), strip=st.integers(1, 20), bound=st.integers(1, 10_000), seed=st.integers(0, 9))
def test_batches_strips_and_passes_change_nothing(rows: int, strip: int, bound: int, seed: int) -> None:
    matrices = related(3, 31, 7, seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiling, "STRIP", strip)
        found = Streamed(matrices, rows).all(bound)
    assert set(found) == set(combinations("abc", 2))
    for (one, other), alike in found.items():
        assert alike.value == pytest.approx(value(matrices[one], matrices[other]), abs=1e-12)


def test_images_are_read_no_oftener_than_the_bound_asks() -> None:
    matrices = related(6, 30, 10)
    generous, frugal = Streamed(matrices), Streamed(matrices)
    generous.all()
    assert generous.passes == [tuple("abcdef")] * 2, "once for the means and once for every pair"
    bytes_in_all = 8 * sum(
        matrices[one].shape[1] * matrices[other].shape[1]
        for one, other in [*combinations("abcdef", 2), *zip("abcdef", "abcdef", strict=True)]
    )
    frugal.all(bytes_in_all // 3)
    assert 1 + 3 <= len(frugal.passes) <= 1 + 4


def test_only_the_backbones_of_the_pairs_wanted_are_read() -> None:
    streamed = Streamed(related(5, 30, 4))
    widths = {name: matrix.shape[1] for name, matrix in streamed.matrices.items()}
    assert [set(found) for found in ckas(streamed, widths, [("a", "d")])] == [{("a", "d")}]
    assert {name for names in streamed.passes for name in names} == {"a", "d"}
    assert list(ckas(streamed, widths, [])) == []


def test_tiles_cover_a_product_once_and_stay_under_the_bound() -> None:
    made = tiling.divide(("a", "b"), {"a": 5000, "b": 3000})
    covered = np.zeros((5000, 3000), np.uint8)
    for tile in made:
        covered[tile.rows, tile.columns] += 1
        assert max(tile.shape) <= tiling.STRIP
    assert covered.min() == covered.max() == 1
    assert [tile.last for tile in made] == [False] * (len(made) - 1) + [True]
    bound = 70 * 2**20
    dealt = list(tiling.groups(made, bound))
    assert [tile for group in dealt for tile in group] == made
    assert all(sum(tile.bytes for tile in group) <= bound for group in dealt)


@pytest.mark.parametrize("images", [1, 2, 3])
def test_too_few_images_have_a_reason(images: int) -> None:
    x = np.random.default_rng(4).normal(size=(images, 3))
    assert linear_cka(x, x) == cka.CkaResult(None, f"{images} images; the estimator wants at least 4")


@pytest.mark.parametrize("constant", [0.0, 0.1, -7e8, 3e-20])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_a_constant_backbone_has_a_reason(constant: float, dtype: str) -> None:
    rng = np.random.default_rng(5)
    flat, other = np.full((5000, 3), constant, dtype), rng.normal(size=(5000, 2))
    assert linear_cka(other, flat) == cka.CkaResult(None, "other has the same vector for all images")
    noisy = flat * (1 + rng.choice([0, 1e-8], size=flat.shape))  # what the order of a sum does to the last bit
    assert linear_cka(noisy, other).value is None


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("power", [-118, -70, 70, 118])
def test_scale_changes_nothing(power: int) -> None:
    x, y = (2 + each.astype(np.float32) for each in related(2, 40, 5).values())
    scale = np.float32(2.0**power)
    expected = linear_cka(x, y)
    assert expected.value is not None
    assert linear_cka(x * scale, y) == expected
    assert linear_cka(x * scale, y * scale) == expected
    assert linear_cka(x * scale, y / scale) == expected


def test_small_differences_on_a_large_offset_are_no_constant() -> None:
    x, y = related(2, 200, 5).values()
    assert linear_cka(1e4 + x.astype(np.float64), y).value is not None


def test_a_backbone_that_tells_one_image_from_all_others_has_a_reason() -> None:
    x = np.zeros((9, 2))
    x[3] = 1
    found = linear_cka(np.random.default_rng(6).normal(size=(9, 2)), x)
    assert found == cka.CkaResult(None, "other finds no two images more alike than others")


def test_one_constant_backbone_leaves_the_other_pairs() -> None:
    found = Streamed({**related(3, 20, 4), "flat": np.ones((20, 2), np.float32)}).all()
    assert {pair for pair, alike in found.items() if alike.value is None} == {(n, "flat") for n in "abc"}


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(ValueError, match="same rows"):
        linear_cka(np.ones((5, 2)), np.ones((6, 2)))
