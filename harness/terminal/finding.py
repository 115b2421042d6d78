"""Findings: what a check looked at, how it stands, and the mend."""

from dataclasses import asdict, dataclass
from typing import Literal

Status = Literal["ok", "note", "missing", "wrong"]


@dataclass(frozen=True)
class Finding:
    """One thing looked at."""

    status: Status
    check: str
    message: str
    fix: str = ""

    @property
    def is_bad(self) -> bool:
        """Whether something has to be done about it."""
        return self.status in ("missing", "wrong")

    def row(self) -> dict[str, object]:
        """For a table or JSON."""
        return asdict(self)
