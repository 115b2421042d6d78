"""Findings: what a check looked at, how it stands, and the mend."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Literal

Status = Literal["ok", "note", "missing", "wrong"]


@dataclass(frozen=True)
class Finding:
    """One thing that a check looked at, and what it found."""

    status: Status
    check: str
    message: str
    fix: str = ""

    @property
    def is_bad(self) -> bool:
        """Whether something has to be done about it."""
        return self.status in ("missing", "wrong")

    def row(self) -> dict[str, object]:
        """Returns the finding as a row of a table or an object of JSON."""
        return asdict(self)


def are_bad(findings: Iterable[Finding]) -> bool:
    """Whether something has to be done about one of them."""
    return any(finding.is_bad for finding in findings)


def judge(check: str, problems: Iterable[tuple[str, str]], ok: str) -> Iterator[Finding]:
    """One `wrong` finding per problem, which comes with its fix; a single `ok` where there is none."""
    is_ok = True
    for message, fix in problems:
        is_ok = False
        yield Finding("wrong", check, message, fix)
    if is_ok:
        yield Finding("ok", check, ok)
