"""Formatting decides how a value is written on a page. It is the only place where anything is rounded."""

from datetime import datetime

from markupsafe import Markup

from fuseboard.store.statistics.ties import TOLERANCE

DASH = "\N{EN DASH}"
_MINUS = "\N{MINUS SIGN}"


def missing(reason: str | None) -> Markup:
    """Return a dash with the reason readable beside it, by people who cannot hover too."""
    if not reason:
        return Markup('<span class="missing">{}</span>').format(DASH)
    return Markup('<span class="missing">{} <small>{}</small></span>').format(DASH, reason)


def number(value: float | None, digits: int = 4, reason: str | None = None) -> Markup:
    """Format a value to `digits` decimals, with the full precision in the element; a dash when it is missing."""
    if value is None:
        return missing(reason)
    return _data(value, f"{value:,.{digits}f}")


def points(difference: float | None) -> Markup:
    """Format a difference of two fractions in percentage points, signed."""
    if difference is None:
        return missing(None)
    difference = 0.0 if abs(difference) <= TOLERANCE else difference
    return _data(100 * difference, f"{100 * difference:+.2f}")


def span(interval: tuple[float, float], digits: int = 3) -> Markup:
    """Format an interval, from low to high."""
    return Markup(f'<span class="span">{number(interval[0], digits)} to {number(interval[1], digits)}</span>')


def p_value(p: float) -> Markup:
    """Format a p to two decimals, small ones to four; below 0.0001 digits say nothing, and only that is written."""
    if p < 0.0001:
        return Markup("p ") + _data(p, "&lt; 0.0001")
    return Markup("p = ") + _data(p, f"{p:.2f}" if p >= 0.01 else f"{p:.4f}")


def seconds(value: float | None, reason: str | None = None) -> Markup:
    """Format a duration in seconds, with as many decimals as its size deserves."""
    return number(value, 0 if value is not None and value >= 1000 else 2, reason)


def moment(value: datetime) -> Markup:
    """Format a date and time in UTC."""
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), value.strftime("%Y-%m-%d %H:%M UTC"))


def day(value: datetime) -> Markup:
    """Format the day of a moment in UTC."""
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), value.strftime("%Y-%m-%d"))


def short(fingerprint: str) -> str:
    """Return the first digits of a fingerprint, enough to tell the versions on one page apart."""
    return fingerprint[:10]


def task(name: str) -> str:
    """Format a task of MedMNIST in the field's short words."""
    return name.replace("binary-class", "binary")


def _data(value: float, shown: str) -> Markup:
    """Return an element with a number at full precision. Formatted by Python from a number, so there is nothing to
    escape: `Markup.format`, which would, takes half the time of a large board."""
    return Markup(f'<data value="{value!r}">{shown.replace("-", _MINUS)}</data>')
