"""Values in sentences are written in one style."""

import pytest

from fuseboard.leaderboard.output import plain


@pytest.mark.parametrize(
    ("value", "shown"), [(0.8184, ".818"), (0.9996, "1.000"), (1.0, "1.000"), (0.0, ".000"), (0.05, ".050")]
)
def test_a_score_has_three_decimals_and_no_leading_zero(value, shown):
    assert plain.score(value) == shown


@pytest.mark.parametrize(
    ("difference", "shown"),
    [(0.0181, "+1.8"), (-0.031, "\u22123.1"), (0.0, "+0.0"), (-1e-14, "+0.0"), (0.0004, "+0.04")],
)
def test_a_difference_is_signed_and_in_points(difference, shown):
    assert plain.points(difference) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(156, "156"), (4708, "4,708"), (200_000_000, "200 M"), (22_056_192, "22.1 M"), (1.1e9, "1.1 G")],
)
def test_a_count_is_short(value, shown):
    assert plain.count(value) == shown
