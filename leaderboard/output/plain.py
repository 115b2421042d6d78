"""Plain text of values, as sentences and labels of plots hold them, in the same style as the cells of a table."""

from fuseboard.store.statistics.ties import TOLERANCE

MINUS = "\N{MINUS SIGN}"
SCORE_DIGITS = 3
"""Decimals of a score: of some hundred test images no further one means anything."""


def score(value: float) -> str:
    """Write a share between 0 and 1 without its leading zero, such as `.912`."""
    shown = f"{value:.{SCORE_DIGITS}f}"
    return shown.removeprefix("0")


def points(difference: float) -> str:
    """Write a difference of two scores in percentage points, signed, such as `+1.8`."""
    difference = 0.0 if abs(difference) <= TOLERANCE else difference
    return f"{100 * difference:+.1f}".replace("-", MINUS)


def count(value: float) -> str:
    """Write a count; from a million on with three digits and a letter, such as `22.1 M`."""
    for size, letter in ((1e9, "G"), (1e6, "M")):
        if value >= size:
            return f"{value / size:.3g} {letter}"
    return f"{value:,.0f}"
