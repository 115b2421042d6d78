"""Ranks, Borda counts, rank intervals and tiers against independent implementations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fuseboard.leaderboard.statistics.ranks import average_ranks, borda, rank_intervals, resampled_ranks
from fuseboard.leaderboard.statistics.tiers import holm, tiers

stats = pytest.importorskip("scipy.stats")

shapes = st.tuples(st.integers(1, 6), st.integers(1, 4))
scores = shapes.flatmap(lambda shape: arrays(float, shape, elements=st.sampled_from([0.5, 0.6, 0.7, 0.8, 0.9])))


@given(scores)
def test_ranks_are_scipys_with_ties(values):
    expected = np.column_stack([stats.rankdata(-column, method="average") for column in values.T])
    assert (average_ranks(values) == expected).all()


@given(scores)
def test_borda_counts_the_beaten_and_half_the_equal(values):
    expected = []
    for k, mine in enumerate(values):
        others = [row for i, row in enumerate(values) if i != k]
        pairs = [pair for row in others for pair in zip(mine, row, strict=True)]
        expected.append(sum((own > other) + 0.5 * (own == other) for own, other in pairs))
    assert borda(average_ranks(values)) == pytest.approx(expected)


@given(scores, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(values, random):
    order = list(range(len(values)))
    random.shuffle(order)
    assert (average_ranks(values[order]) == average_ranks(values)[order]).all()
    assert (resampled_ranks(values[order]) == resampled_ranks(values)[order]).all()


@given(scores)
def test_resampled_ranks_are_scipys(values):
    expected = np.column_stack([stats.rankdata(-column, method="min") for column in values.T])
    assert (resampled_ranks(values) == expected).all()


def test_sums_in_another_order_are_equal():
    assert resampled_ranks(np.array([[0.1 + 0.2 + 0.3], [0.3 + 0.2 + 0.1]])).tolist() == [[1], [1]]


def test_scores_that_differ_by_rounding_share_average_ranks_and_borda_counts():
    sums = np.array([[0.1 + 0.2 + 0.3, 0.9], [0.3 + 0.2 + 0.1, 0.9], [0.5, np.nextafter(0.9, 1)]])
    assert average_ranks(sums).tolist() == [[1.5, 2], [1.5, 2], [3, 2]]
    assert borda(average_ranks(sums)).tolist() == [2.5, 2.5, 1]


def test_rank_intervals_are_those_of_a_loop():
    random = np.random.default_rng(0)
    means = np.round(random.normal(np.linspace(0.9, 0.7, 8)[:, None], 0.05, (8, 1000)), 3)
    seen = [[] for _ in means]
    for draw in means.T:
        for row, mine in enumerate(draw):
            seen[row].append(1 + sum(other > mine for other in draw))
    expected = [(sorted(ranks)[24], sorted(ranks)[975]) for ranks in seen]
    assert rank_intervals(resampled_ranks(means)) == expected
    assert expected[0][0] < expected[0][1]


def test_holm_is_that_of_the_textbook():
    # Four hypotheses at 5 %: thresholds .0125, .0167, .025, .05 in ascending order of p; .03 stops, .04 with it.
    assert holm([0.03, 0.001, 0.04, 0.015]) == [False, True, False, True]
    assert holm([0.0126, 0.5]) == [True, False]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_rejects_what_its_adjusted_p_says(p):
    m, adjusted, highest = len(p), [0.0] * len(p), 0.0
    for step, i in enumerate(sorted(range(m), key=lambda i: p[i])):
        highest = max(highest, (m - step) * p[i])
        adjusted[i] = highest
    for one, rejected in zip(adjusted, holm(p), strict=True):
        if abs(one - 0.05) > 1e-9:
            assert rejected == (one <= 0.05)


def normal(means, spread, shared=0.0, seed=0):
    random = np.random.default_rng(seed)
    own = random.normal(0, spread, (len(means), 1000))
    return np.array(means)[:, None] + own + random.normal(0, shared, 1000) if shared else np.array(means)[:, None] + own


def test_tiers_are_led_from_the_top():
    means = [0.95, 0.949, 0.90, 0.899, 0.80]
    assert tiers(means, normal(means, 0.005)) == [1, 1, 2, 2, 3]


def test_what_rows_share_does_not_join_them():
    means = [0.95, 0.90]
    assert tiers(means, normal(means, 0.005, shared=0.2)) == [1, 2]


def test_a_tier_ends_at_the_first_worse_row():
    means = [0.95, 0.90, 0.89]
    resampled = normal(means, 0.001)
    resampled[2] = 0.89 + np.random.default_rng(1).normal(0, 0.5, 1000)  # too unsure to be told from anything
    assert tiers(means, resampled) == [1, 2, 2]


def test_the_test_is_a_z_test_of_the_paired_difference():
    means = [0.95, 0.94]
    resampled = normal(means, 0.004)
    gap = 0.01 / (resampled[0] - resampled[1]).std(ddof=1)
    assert (tiers(means, resampled) == [1, 2]) == (2 * stats.norm.sf(gap) <= 0.05)


def test_constant_rows_are_apart_and_equal_ones_together():
    resampled = np.repeat([[1.0], [1.0], [0.5]], 1000, axis=1)
    assert tiers([1.0, 1.0, 0.5], resampled) == [1, 1, 2]
    assert tiers([], np.empty((0, 1000))) == []
