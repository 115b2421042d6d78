"""A verdict regression is a figure that a store reproduces less well than it once did."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from fuseboard.leaderboard.published.verdicts.verdicts import HELD, Verdict

SLACK = Decimal("0.001")
"""A deviation may grow by this fraction of 1: less is what another library version does to a fit."""


@dataclass(frozen=True)
class VerdictRegression:
    """It is one published figure whose verdict got worse."""

    before: Verdict
    now: Verdict | None
    """None where the figure is no longer published."""
    what: str
    """It says what got worse, for a person."""


def verdict_regressions(before: Iterable[Verdict], now: Iterable[Verdict]) -> tuple[VerdictRegression, ...]:
    """Return what got worse, in the order of `before`.

    A verdict got worse where a reproduced figure deviates now, a deviation grew by more than `SLACK`, whichever its
    sign, or a figure that was held against a row has none any more. New verdicts, and better ones, are no change.

    Args:
        before: that have a measured figure; others are passed over.
        now: all that there are, with those that have none.
    """
    current = {verdict.cell: verdict for verdict in now}
    changes = [(old, current.get(old.cell)) for old in before if old.verdict in HELD]
    return tuple(VerdictRegression(old, new, what) for old, new in changes if (what := _what(old, new)))


def _what(before: Verdict, now: Verdict | None) -> str:
    """Return what got worse; it is empty where nothing did."""
    if now is None:
        return f"was {_description(before)}, and is no published figure any more"
    if now.difference is None or before.difference is None:
        return f"was {_description(before)}, and is {now.verdict} now: {now.reason}"
    fell = before.verdict == "reproduced" and now.verdict == "deviates"
    grew = now.verdict == "deviates" and abs(now.difference) > abs(before.difference) + SLACK
    return f"was {_description(before)}, and {_description(now)} now" if fell or grew else ""


def _description(verdict: Verdict) -> str:
    if verdict.difference is None:
        return verdict.verdict
    points = f"{100 * verdict.difference:+.2f} pp"
    return f"deviating by {points}" if verdict.verdict == "deviates" else f"reproduced ({points})"
