"""Footnotes say beneath a table why cells are empty: a reason in a narrow cell would make its row several times as
high."""

from collections.abc import Callable
from functools import partial

from markupsafe import Markup

from fuseboard.leaderboard.output.format import missing
from fuseboard.leaderboard.output.plain import DASH

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Footnotes:
    """They are the reasons of one table, each told once."""

    def __init__(self, name: str) -> None:
        """Begin without a reason.

        Args:
            name: id of the table.
        """
        self._name = name
        self._signs: dict[str, str] = {}

    def mark(self, reason: str | None) -> Markup:
        """Return a dash that leads to its reason; glossary.js shows the reason beside it."""
        if not reason:
            return missing(None)
        return Markup('<span class="missing">{}{}</span>').format(DASH, self.sign(reason))

    def why(self, reason: str | None) -> Callable[[], Markup]:
        """Return what a filter calls where its value is missing, such as `{{ auc|score(notes.why(reason)) }}`: a reason
        that no cell needs is no footnote."""
        return partial(self.mark, reason)

    def sign(self, reason: str) -> Markup:
        """Return the sign alone, which stands after a number that compares with no other."""
        sign = self._signs.setdefault(reason, _sign(len(self._signs)))
        link = '<a class="why" href="#{}:{}" data-means="{}"><sup>{}</sup></a>'
        return Markup(link).format(self._name, sign, reason, sign)

    @property
    def lines(self) -> list[tuple[str, str, str]]:
        """Return id, sign and reason of each footnote; the ids are those of no row, which have a full stop."""
        return [(f"{self._name}:{sign}", sign, reason) for reason, sign in self._signs.items()]


def _sign(number: int) -> str:
    rest, last = divmod(number, len(_LETTERS))
    return (_sign(rest - 1) if rest else "") + _LETTERS[last]
