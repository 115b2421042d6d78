"""Novelty against scikit-learn's neighbours on the whole embeddings."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import normalize

from fuseboard.harness.fusion import novelty

Blocks = dict[str, NDArray[np.float32]]


def draw(rows: int, seed: int = 0, kind: int = 0) -> Blocks:
    """Embeddings around one place, which is that of their kind, and mostly in six directions from there."""
    random, mixes, places = (np.random.default_rng(each) for each in (seed, 99, kind))
    factors = random.normal(size=(rows, 6))
    return {
        name: (
            5 * places.normal(size=width)
            + factors @ mixes.normal(size=(6, width))
            + 0.1 * random.normal(size=(rows, width))
        ).astype(np.float32)
        for name, width in (("a", 40), ("b", 60))
    }


def fitted(rows: int = 80, validation: int | None = 60, **more: int) -> novelty.Novelty:
    names = [f"{row}.png" for row in range(rows)]
    unseen = None if validation is None else draw(validation, seed=1)
    return novelty.fit(draw(rows), np.arange(rows) % 3, names, unseen)


def joined(blocks: Blocks) -> NDArray[np.float32]:
    return np.concatenate([normalize(blocks[name]) for name in sorted(blocks)], axis=1)


def test_distances_are_those_of_the_whole_embeddings() -> None:
    found, unseen = fitted(), draw(30, seed=2)
    where, far = found.nearest(unseen, 7)
    expected, places = NearestNeighbors(n_neighbors=7).fit(joined(draw(80))).kneighbors(joined(unseen))
    np.testing.assert_array_equal(where, places)
    np.testing.assert_allclose(far, expected, rtol=1e-4)
    np.testing.assert_allclose(found.distances(unseen), expected[:, : found.k].mean(axis=1), rtol=1e-4)


def test_a_training_image_finds_itself() -> None:
    found = fitted()
    where, far = found.nearest(draw(80), 1)
    assert [found.names[row] for row in where[:, 0]] == [f"{row}.png" for row in range(80)]
    np.testing.assert_array_equal(found.labels[where[:, 0]], np.arange(80) % 3)
    assert far.max() < 1e-5


def test_images_of_another_kind_are_flagged_and_like_ones_are_not() -> None:
    found = fitted()
    assert found.is_unlike(draw(40, seed=3, kind=1)).all()
    assert found.is_unlike(draw(40, seed=4)).mean() < 0.2
    assert found.false_alarms == pytest.approx(found.is_unlike(draw(60, seed=1)).mean())


def test_what_no_training_image_has_is_a_distance() -> None:
    """Along a direction in which training does not vary at all."""
    blocks = draw(80)
    blocks["a"][:, 0] = 0
    found = novelty.fit(blocks, np.arange(80) % 3, [""] * 80, draw(60, seed=1))
    other = {name: block[:5].copy() for name, block in blocks.items()}
    other["a"][:, 0] = 30
    assert not found.is_unlike({name: block[:5] for name, block in blocks.items()}).any()
    assert found.is_unlike(other).all()


def test_the_expected_false_alarms_are_those_of_many_repetitions() -> None:
    """The threshold is a place among distances, so a uniform distribution stands for every other."""
    found = fitted()
    random = np.random.default_rng(0)
    place = 58  # the least of 60 that 95 % of 61 are not above
    shares = 1 - np.sort(random.random((20_000, 60)))[:, place - 1]
    mean, low, high = found.expected_false_alarms
    assert found.images == 60
    assert found.false_alarms == pytest.approx(2 / 60)
    assert mean == pytest.approx(shares.mean(), rel=0.03)
    assert (low, high) == pytest.approx(tuple(np.quantile(shares, [0.025, 0.975])), rel=0.1)
    assert mean <= 0.05


def test_without_validation_training_measures_itself() -> None:
    alone, beside = fitted(400, validation=None), fitted(400, validation=400)
    assert alone.images == 400
    assert alone.threshold == pytest.approx(beside.threshold, rel=0.2)
    assert 0.01 < alone.is_unlike(draw(400, seed=5)).mean() < 0.1


def test_many_images_are_a_sample_that_holds_every_class(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(novelty, "ROWS", 50)
    monkeypatch.setattr(novelty, "DIRECTION_ROWS", 20)
    monkeypatch.setattr(novelty, "DIRECTIONS", 10)
    labels = np.r_[np.zeros(198, int), 1, 2]
    names = [str(row) for row in range(200)]
    found = novelty.fit(draw(200), labels, names, draw(60, seed=1))
    assert found.training.shape == (50, 10)
    assert found.projection.shape == (10, 100)
    assert set(found.labels.tolist()) == {0, 1, 2}
    assert [labels[int(name)] for name in found.names] == found.labels.tolist()
    np.testing.assert_allclose(found.projection @ found.projection.T, np.eye(10), atol=1e-5)
    assert found.is_unlike(draw(40, seed=3, kind=1)).all()


@pytest.mark.parametrize("rows", [1, 2, 4])
def test_few_images_are_enough(rows: int) -> None:
    found = fitted(rows)
    assert found.k == rows
    assert np.isfinite(found.distances(draw(5, seed=2))).all()


@pytest.mark.parametrize("rows", [2, 6])
def test_few_images_alone_are_enough(rows: int) -> None:
    found = fitted(rows, validation=None)
    assert np.isfinite(found.threshold)
    assert not found.is_unlike(draw(rows)).any()


def test_equal_images_leave_no_direction_and_no_distance() -> None:
    blocks = {name: np.repeat(block, 20, axis=0) for name, block in draw(1).items()}
    found = novelty.fit(blocks, np.zeros(20, int), [""] * 20, blocks)
    np.testing.assert_allclose(found.distances(blocks), 0, atol=1e-5)
    assert found.is_unlike(draw(5, seed=2)).all()


@pytest.mark.parametrize("labels", [np.linspace(0, 1, 80), np.ones((80, 2), int)])
def test_labels_may_be_numbers_or_several(labels: NDArray[np.float64]) -> None:
    found = novelty.fit(draw(80), labels, [""] * 80, draw(20, seed=1))
    np.testing.assert_array_equal(found.labels, labels)
