"""A finding of the regression check is one number that is not what it was, or not what it is made from."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["recomputed", "removed", "moved", "fitted anew", "verdict"]


@dataclass(frozen=True)
class Finding:
    """It says what changed, from what to what, and why."""

    kind: Kind
    about: str
    """Dataset, split, evaluation and subset, for a person."""
    what: str
    """The metric, or what else does not agree."""
    before: float | str | None
    """It was stored, committed or printed before."""
    now: float | str | None
    why: str
    """Which input changed; how to mend it where none did."""
    is_bad: bool = True
    """False where a changed input explains the move."""
