"""Verdicts are shown one by one where something was measured, and in groups where not."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from fuseboard.leaderboard.published.verdicts.verdicts import HELD, WORDS, Verdict, Word


@dataclass(frozen=True)
class Group:
    """It holds figures of one file that have no measured one beside them, for one reason."""

    file: str
    verdict: Word
    reason: str
    command: str
    """What would measure all of them; empty where nothing would."""
    datasets: tuple[str, ...]
    count: int


@dataclass(frozen=True)
class FileVerdicts:
    """They are the verdicts of one file."""

    counts: tuple[tuple[Word, int], ...]
    """Every verdict there is, the best first, those that nothing got too."""
    held: tuple[Verdict, ...]
    groups: tuple[Group, ...]


def lines(verdicts: Iterable[Verdict], file: str) -> FileVerdicts:
    """Return the verdicts of one file, in their order."""
    own = [verdict for verdict in verdicts if verdict.file == file]
    groups: dict[tuple[Word, str, str], list[Verdict]] = {}
    for verdict in own:
        if verdict.verdict not in HELD:
            groups.setdefault((verdict.verdict, verdict.reason, verdict.command), []).append(verdict)
    return FileVerdicts(
        counts=tuple((word, sum(verdict.verdict == word for verdict in own)) for word in WORDS),
        held=tuple(verdict for verdict in own if verdict.verdict in HELD),
        groups=tuple(
            Group(file, *alike, tuple(dict.fromkeys(verdict.dataset for verdict in members)), len(members))
            for alike, members in groups.items()
        ),
    )


def compact(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Return all verdicts for programs: `held` one by one, `groups` for the others, numbers as floats."""
    files = [lines(verdicts, file) for file in dict.fromkeys(verdict.file for verdict in verdicts)]
    return {
        "held": [_held(verdict) for each in files for verdict in each.held],
        "groups": [vars(group) for each in files for group in each.groups],
    }


def _held(verdict: Verdict) -> dict[str, Any]:
    numbers = {name: float(getattr(verdict, name)) for name in ("reported", "measured", "difference", "tolerance")}
    return {name: value for name, value in {**vars(verdict), **numbers}.items() if name != "command"}
