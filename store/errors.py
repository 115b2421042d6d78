"""Errors that a person reads: one line that says what, where and how to mend it."""

import difflib
from collections.abc import Iterable


class FuseboardError(Exception):
    """Something failed a check or could not be done; the command line exits with 1."""

    exit_code = 1


class UsageError(FuseboardError):
    """What was asked for cannot be meant (an unknown name, a bad option); the command line exits with 2."""

    exit_code = 2


def unknown(kind: str, name: str, known: Iterable[str], where: str = "") -> UsageError:
    """The error for a name nobody knows, with the nearest known ones or, where none is near, all of them."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.6)
    if near:
        hint = f"did you mean {' or '.join(near)}?"
    elif names:
        hint = f"known: {', '.join(names)}"
    else:
        hint = "there is none yet"
    return UsageError(f"unknown {kind} {name!r}{f' in {where}' if where else ''}; {hint}")
