"""The provenance of a dataset with thousands of rows is told on several pages, none of which a reader waits for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeVar

from fuseboard.leaderboard.rows.provenance import Fit, Provenance, UsedVersion

_T = TypeVar("_T")

MAX_WORDS = 5_000
"""Words of the fits of one page; versions, definitions and machines come on top."""
WORDS_OF_A_FIT = 12
"""Words that every fit has beside its versions, metrics and command: when, where and how long."""


@dataclass(frozen=True)
class Part:
    """It is some fits of one dataset, which one page shows with everything that they refer to."""

    provenance: Provenance
    evaluation: str | None
    """The evaluation whose fits these are; null where one page holds all of them."""
    number: int
    of: int
    """Parts that the evaluation has."""
    fits: tuple[Fit, ...]

    @property
    def versions(self) -> list[tuple[int, UsedVersion]]:
        """Return the versions that its fits used, each with its number."""
        return _numbered(self.provenance.versions, {number for fit in self.fits for number, _ in fit.versions})

    @property
    def definitions(self) -> list[tuple[int, tuple[int, Mapping[str, Any]]]]:
        """Return the definitions that its fits follow, each with its number."""
        return _numbered(self.provenance.definitions, {fit.definition for fit in self.fits})

    @property
    def rules(self) -> list[tuple[int, Mapping[str, Any]]]:
        """Return the rules of these definitions, each with its number."""
        return _numbered(self.provenance.rules, {rules for _, (rules, _) in self.definitions})

    @property
    def environments(self) -> list[tuple[int, Mapping[str, Any]]]:
        """Return the environments that its fits ran in, each with its number."""
        return _numbered(self.provenance.environments, {fit.environment for fit in self.fits})


def parts(own: Provenance) -> tuple[Part, ...]:
    """Return the parts of a dataset: one where everything fits on one page, else those of each evaluation."""
    if sum(map(words, own.fits)) <= MAX_WORDS:
        return (Part(own, None, 1, 1, own.fits),)
    found: list[Part] = []
    for evaluation, group in groupby(own.fits, key=lambda fit: fit.evaluation):
        pieces = list(_pieces(group))
        found += [Part(own, evaluation, at, len(pieces), piece) for at, piece in enumerate(pieces, 1)]
    return tuple(found)


def parts_of_rows(all_parts: Iterable[Part]) -> Mapping[str, Part]:
    """Map the key of each row to the part that shows it."""
    return {row.key: part for part in all_parts for fit in part.fits for row in fit.measured}


def words(fit: Fit) -> int:
    """Return about how many words a page says about a fit."""
    scores = sum(2 * len(row.metrics) + len((row.reason or "").split()) for row in fit.measured)
    return WORDS_OF_A_FIT + 2 * len(fit.versions) + scores + len((fit.command or fit.no_command or "").split())


def _pieces(fits: Iterable[Fit]) -> Iterator[tuple[Fit, ...]]:
    piece: list[Fit] = []
    count = 0
    for fit in fits:
        own = words(fit)
        if piece and count + own > MAX_WORDS:
            yield tuple(piece)
            piece, count = [], 0
        piece.append(fit)
        count += own
    yield tuple(piece)


def _numbered(items: Sequence[_T], numbers: set[int]) -> list[tuple[int, _T]]:
    return [(number, item) for number, item in enumerate(items, 1) if number in numbers]
