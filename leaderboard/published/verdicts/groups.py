"""Verdicts are shown one by one where something was measured, and in groups where not."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
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


NONE = FileVerdicts(counts=tuple((word, 0) for word in WORDS), held=(), groups=())
"""Those of a file that none is about."""


def of_files(verdicts: Iterable[Verdict]) -> Mapping[str, FileVerdicts]:
    """Map each file that they are about to its verdicts, in their order."""
    found: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        found.setdefault(verdict.file, []).append(verdict)
    return {file: _of_file(file, own) for file, own in found.items()}


def _of_file(file: str, own: Sequence[Verdict]) -> FileVerdicts:
    groups: dict[tuple[Word, str, str], list[Verdict]] = {}
    counted = Counter(verdict.verdict for verdict in own)
    for verdict in own:
        if verdict.verdict not in HELD:
            groups.setdefault((verdict.verdict, verdict.reason, verdict.command), []).append(verdict)
    return FileVerdicts(
        counts=tuple((word, counted[word]) for word in WORDS),
        held=tuple(verdict for verdict in own if verdict.verdict in HELD),
        groups=tuple(
            Group(file, *alike, tuple(dict.fromkeys(verdict.dataset for verdict in members)), len(members))
            for alike, members in groups.items()
        ),
    )


def compact(verdicts: Iterable[Verdict]) -> dict[str, Any]:
    """Return all verdicts for programs: `held` one by one, `groups` for the others, numbers as floats."""
    files = of_files(verdicts).values()
    return {
        "held": [_held(verdict) for each in files for verdict in each.held],
        "groups": [vars(group) for each in files for group in each.groups],
    }


def _held(verdict: Verdict) -> dict[str, Any]:
    numbers = {name: float(getattr(verdict, name)) for name in ("reported", "measured", "difference", "tolerance")}
    return {name: value for name, value in {**vars(verdict), **numbers}.items() if name != "command"}
