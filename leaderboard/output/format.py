"""Formatting decides how a value is written on a page: in the style of `plain`, with full precision beside it."""

from collections.abc import Callable
from datetime import datetime

from markupsafe import Markup, escape

from fuseboard.leaderboard.output import plain
from fuseboard.leaderboard.output.plain import DASH, MINUS

Why = str | Callable[[], Markup] | None
"""A reason as text, or what makes the dash itself: `Footnotes.why`, whose reason stands beneath the table."""

_MISSING = Markup(f'<span class="missing">{DASH}</span>')


def missing(reason: Why) -> Markup:
    """Return a dash with the reason readable beside it, by people who cannot hover too."""
    if callable(reason):
        return reason()
    return Markup(f'<span class="missing">{DASH} <small>{escape(reason)}</small></span>') if reason else _MISSING


def number(value: float | None, digits: int, reason: Why = None) -> Markup:
    """Format a value to `digits` decimals, with the full precision in the element; a dash when it is missing."""
    if value is None:
        return missing(reason)
    return _data(value, f"{value:,.{digits}f}")


def score(value: float | None, reason: Why = None, digits: int = plain.SCORE_DIGITS) -> Markup:
    """Format a share between 0 and 1, or a correlation, likewise."""
    return missing(reason) if value is None else _data(value, plain.score(value, digits))


def quantity(value: float | None, reason: Why = None) -> Markup:
    """Format a count that may be of millions, likewise."""
    return missing(reason) if value is None else _data(value, plain.count(value))


def points(difference: float | None) -> Markup:
    """Format a difference of two fractions in percentage points, signed."""
    return missing(None) if difference is None else _data(100 * difference, plain.points(difference))


def span(interval: tuple[float, float], digits: int | None = None) -> Markup:
    """Format an interval, from low to high; of scores unless `digits` are given."""
    low, high = (score(end) if digits is None else number(end, digits) for end in interval)
    return Markup(f'<span class="span">{low} to {high}</span>')


def p_value(p: float) -> Markup:
    """Format a p."""
    words, shown = plain.p_value(p).rsplit(" ", 1)
    return Markup(f"{escape(words)} {_data(p, shown)}")


def seconds(value: float | None, reason: Why = None) -> Markup:
    """Format a duration in seconds."""
    return missing(reason) if value is None else _data(value, plain.seconds(value))


def moment(value: datetime) -> Markup:
    """Format a date and time in UTC."""
    return Markup(f'<time datetime="{value.isoformat()}">{value:%Y-%m-%d %H:%M} UTC</time>')


def day(value: datetime) -> Markup:
    """Format the day of a moment in UTC."""
    return Markup(f'<time datetime="{value.isoformat()}">{value:%Y-%m-%d}</time>')


def short(fingerprint: str) -> str:
    """Return the first digits of a fingerprint, enough to tell the versions on one page apart."""
    return fingerprint[:10]


def task(name: str) -> str:
    """Format a task of MedMNIST in the field's short words."""
    return name.replace("binary-class", "binary")


def _data(value: float, shown: str) -> Markup:
    """Return an element with a number at full precision. Formatted by Python from a number, so there is nothing to
    escape: `Markup.format`, which would, takes half the time of a large board."""
    return Markup(f'<data value="{value!r}">{shown.replace("-", MINUS)}</data>')
