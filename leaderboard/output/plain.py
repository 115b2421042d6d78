"""Plain text of values, as sentences and labels of plots hold them, in the same style as the cells of a table."""

from collections.abc import Sequence

from fuseboard.store.statistics.ties import TOLERANCE

DASH, MINUS = "\N{EN DASH}", "\N{MINUS SIGN}"
SCORE_DIGITS = 3
"""Decimals of a score: of some hundred test images no further one means anything."""
NAMED = 4
"""Names in a sentence; of more their number is said."""


def score(value: float | None, digits: int = SCORE_DIGITS) -> str:
    """Write a share between 0 and 1, or a correlation, without its leading zero, such as `.912`; a dash where it is
    missing."""
    if value is None:
        return DASH
    shown = f"{value:.{digits}f}"
    if float(shown) == 0:  # what rounds to nothing has no sign
        shown = shown.removeprefix("-")
    return shown.replace("-0.", f"{MINUS}.").replace("-", MINUS).removeprefix("0")


def points(difference: float | None) -> str:
    """Write a difference of two scores in percentage points, signed, such as `+1.8`; a small one with two decimals, so
    that what is not 0 does not look like it."""
    if difference is None:
        return DASH
    shown = 0.0 if abs(difference) <= TOLERANCE else 100 * difference
    return f"{shown:+.{1 if abs(shown) >= 0.1 or not shown else 2}f}".replace("-", MINUS)


def count(value: float) -> str:
    """Write a count; from a million on with three digits and a letter, such as `22.1 M`."""
    for size, letter in ((1e9, "G"), (1e6, "M")):
        if value >= size:
            return f"{value / size:.3g} {letter}"
    return f"{value:,.0f}"


def p_value(p: float) -> str:
    """Write a p with two decimals, a small one with three, and below .001 only that it is."""
    if p < 0.001:
        return "p < .001"
    return f"p = {score(p, 2 if p >= 0.01 else 3)}"


def seconds(value: float) -> str:
    """Write a duration in seconds, such as `0.5 s` or `1,234 s`: as many digits as its size deserves."""
    if value >= 10:
        return f"{value:,.0f} s"
    return f"{value:.1f} s" if value >= 0.1 else f"{value:.3f} s"


def listed(names: Sequence[str], most: int = NAMED, rest: str = "others") -> str:
    """Join names as a sentence does; of more than `most` all but the last of these are named and the rest counted.

    Args:
        names: one at least.
        most: names that are written out; one that is left would take the room of its number.
        rest: what the others are called.
    """
    if len(names) > most:
        return f"{', '.join(names[: most - 1])} and {len(names) - most + 1} {rest}"
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
