"""What n images can tell of a choice: formulas held against simulations."""

from itertools import combinations

import numpy as np
import pytest

from fuseboard.store.statistics.paired_power import (
    disagreement,
    expected_maximum,
    images_for,
    optimism_of_the_best,
    smallest_difference,
)


def test_disagreement_is_the_mean_over_pairs():
    right = (np.random.default_rng(0).random((6, 50)) < 0.8).astype(float)
    pairs = [np.mean(one != other) for one, other in combinations(right, 2)]
    assert disagreement(right) == pytest.approx(np.mean(pairs))


@pytest.mark.parametrize(("apart", "images"), [(0.1, 800), (0.3, 400), (0.02, 3_000)])
def test_mcnemars_test_tells_the_smallest_difference_four_times_of_five(apart, images):
    difference = smallest_difference(apart, images)
    shares = [(apart + difference) / 2, (apart - difference) / 2, 1 - apart]
    one, other, _ = np.random.default_rng(1).multinomial(images, shares, size=20_000).T
    told = np.abs(one - other) > 1.959964 * np.sqrt(one + other)
    assert told.mean() == pytest.approx(0.8, abs=0.03)


def test_a_difference_is_never_larger_than_the_share_that_disagrees():
    """78 images of which 8 % disagree: 9 points by the first formula alone, though 8 are all there can be."""
    assert smallest_difference(0.08, 78) == pytest.approx(7.8489 / 78, abs=1e-4)
    assert smallest_difference(0, 78) == smallest_difference(0.08, 78)
    assert smallest_difference(0.5, 5) > 1


def test_images_and_difference_are_inverse():
    assert images_for(0.01, 0.1) == 7849
    for apart in (0.001, 0.1):
        assert smallest_difference(apart, images_for(0.02, apart)) == pytest.approx(0.02, rel=0.01)


@pytest.mark.parametrize(("count", "value"), [(1, 0), (2, np.pi**-0.5), (3, 1.5 * np.pi**-0.5), (1_000, 3.24144)])
def test_the_expected_maximum(count, value):
    assert expected_maximum(count) == pytest.approx(value, abs=1e-5)


@pytest.mark.parametrize("subsets", [3, 31, 255])
def test_the_optimism_of_the_best_of_equally_good_ones(subsets):
    """1,000 validation sets of 300 images; every subset answers as all do, but for 6 % that it draws for itself."""
    random, images, own = np.random.default_rng(2), 300, 0.06
    apart = 2 * own * (1 - own)
    luck = []
    for _ in range(1_000):
        common = (random.random(images) < 0.8).astype(np.int8)
        others = random.random((subsets, images), dtype=np.float32) < own
        luck.append((common ^ others).mean(axis=1).max())
    truth = np.mean(luck) - (0.8 * (1 - own) + 0.2 * own)
    assert optimism_of_the_best(apart, images, subsets) == pytest.approx(truth, rel=0.06)


def test_it_is_a_bound_with_the_most_that_two_disagree():
    """Answers of a subset are the majority of scores that its backbones have in common with others."""
    random, images = np.random.default_rng(3), 200
    members = [list(s) for k in range(1, 6) for s in combinations(range(5), k)]
    luck, most = [], []
    for _ in range(300):
        scores = 0.5 + random.normal(size=(5, images)) + 1.5 * random.normal(size=images)
        right = np.array([(scores[subset].mean(axis=0) > 0).astype(float) for subset in members])
        seen, unseen = right[:, :100], right[:, 100:].mean(axis=1)
        best = seen.mean(axis=1).argmax()
        luck.append(seen[best].mean() - unseen[best])
        most.append(max(disagreement(seen[list(pair)]) for pair in combinations(range(5), 2)))
    assert 0 < np.mean(luck) < optimism_of_the_best(float(np.mean(most)), 100, 31)
