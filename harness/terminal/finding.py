"""Findings: what a check looked at, how it stands, and the mend."""

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
