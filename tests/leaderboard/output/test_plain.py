"""Values in sentences are written in one style."""

import re

import pytest

from fuseboard.leaderboard.output import format, plain


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


def test_a_correlation_may_be_below_nothing():
    assert [plain.score(value, 2) for value in (-0.04, -0.001, 0.88, 1.0)] == ["\u2212.04", ".00", ".88", "1.00"]


@pytest.mark.parametrize(
    ("p", "shown"), [(1.0, "p = 1.00"), (0.0139, "p = .01"), (0.0042, "p = .004"), (0.0009, "p < .001")]
)
def test_a_p_has_two_decimals_and_small_ones_three(p, shown):
    assert plain.p_value(p) == shown
    assert re.sub("<[^>]*>", "", format.p_value(p)) == shown.replace("<", "&lt;")


@pytest.mark.parametrize(
    ("value", "shown"), [(0.5, "0.5 s"), (0.0123, "0.012 s"), (3.04, "3.0 s"), (65.7, "66 s"), (1234.5, "1,234 s")]
)
def test_seconds_have_their_unit(value, shown):
    assert plain.seconds(value) == shown


def test_every_digit_stays_beside_what_is_shown():
    shown = format.score(0.81842857), format.points(0.0181234), format.quantity(22_056_192), format.seconds(0.51234)
    assert [re.search('value="([^"]*)"', one)[1] for one in shown] == ["0.81842857", "1.81234", "22056192", "0.51234"]
    assert re.sub("<[^>]*>", "", format.span((0.777, 1.0))) == ".777 to 1.000"
    assert "nobody knows" in format.score(None, "nobody knows")


def test_long_lists_are_counted():
    assert plain.listed(["a"]) == "a"
    assert plain.listed(["a", "b"]) == "a and b"
    assert plain.listed(list("abcd")) == "a, b, c and d"
    assert plain.listed(list("abcdef")) == "a, b, c and 3 others"
