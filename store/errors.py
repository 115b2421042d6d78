"""Errors that a person reads: one line that says what, where and how to mend it."""

import difflib
from collections.abc import Iterable, Sequence

LISTED = 100
"""Names of which all are listed where none is near; timm alone has a thousand."""


class FuseboardError(Exception):
    """Something failed a check or could not be done; the command line exits with 1."""

    exit_code = 1


class SeveralFaults(FuseboardError):
    """The same is wrong with several things, such as images: a line says what and how many, and each has one of its
    own."""

    def __init__(self, message: str, faults: Sequence[str]) -> None:
        super().__init__("\n  ".join([message, *faults]))
        self.message, self.faults = message, tuple(faults)

    def __reduce__(self) -> tuple[type["SeveralFaults"], tuple[str, tuple[str, ...]]]:
        """Return what a process makes it anew of."""
        return SeveralFaults, (self.message, self.faults)


class UsageError(FuseboardError):
    """What was asked for cannot be meant (an unknown name, a bad option); the command line exits with 2."""

    exit_code = 2


def unknown(kind: str, name: str, known: Iterable[str], where: str = "") -> UsageError:
    """The error for a name nobody knows, with the nearest known ones, or all; where these are very many, a few."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.6)
    if near:
        hint = f"did you mean {' or '.join(near)}?"
    elif len(names) > LISTED:
        hint = f"there are {len(names):,}, such as {', '.join(names[:: len(names) // 5])}"
    elif names:
        hint = f"known: {', '.join(names)}"
    else:
        hint = "there is none yet"
    return UsageError(f"unknown {kind} {name!r}{f' in {where}' if where else ''}; {hint}")
