"""The peak: what was not measured is neither a zero nor a peak."""

from fuseboard.store.files.optional_max import largest


def test_the_largest_of_those_that_were_measured():
    assert largest([None, 2.5, 7.0, None]) == 7.0
    assert largest([0.0, None]) == 0.0
    assert largest([None, None]) is None
    assert largest([]) is None
