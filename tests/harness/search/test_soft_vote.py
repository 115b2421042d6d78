"""Soft votes of equal voices are equal, in whatever order the voters say them."""

from itertools import permutations

import numpy as np
import pytest

from fuseboard.harness.search.soft_vote import mean


@pytest.mark.parametrize("voters", [2, 3, 5])
def test_images_of_which_voters_say_the_same_in_another_order_tie(voters: int) -> None:
    said = np.random.default_rng(0).random((voters, 5_000, 1)).astype(np.float32).astype(np.float64)
    found = [
        mean([said[n] for n in order], [1] * voters).astype(np.float32)
        for order in list(permutations(range(voters)))[:24]
    ]
    for other in found[1:]:
        np.testing.assert_array_equal(other, found[0])
    np.testing.assert_allclose(found[0], said.mean(axis=0), rtol=1e-6)


@pytest.mark.parametrize("voters", [2, 3, 5])
def test_a_voter_with_two_votes_is_that_voter_twice(voters: int) -> None:
    said = np.random.default_rng(voters).dirichlet(np.ones(3), (voters, 500)).astype(np.float32).astype(np.float64)
    votes = list(range(1, voters + 1))
    named = [said[voter] for voter in range(voters) for _ in range(votes[voter])]
    backwards = mean(list(said[::-1]), votes[::-1])
    assert (mean(list(said), votes) == backwards).all(), "whatever order they are asked in"
    assert (backwards == mean(named, [1] * len(named))).all()
