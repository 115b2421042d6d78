"""Soft votes of equal voices are equal, in whatever order the voters say them."""

from itertools import permutations

import numpy as np
import pytest

from fuseboard.harness.search.soft_vote import mean


@pytest.mark.parametrize("voters", [2, 3, 5])
def test_images_of_which_voters_say_the_same_in_another_order_tie(voters: int) -> None:
    said = np.random.default_rng(0).random((voters, 5_000, 1)).astype(np.float32).astype(np.float64)
    found = [mean([said[n] for n in order]).astype(np.float32) for order in list(permutations(range(voters)))[:24]]
    for other in found[1:]:
        np.testing.assert_array_equal(other, found[0])
    np.testing.assert_allclose(found[0], said.mean(axis=0), rtol=1e-6)
