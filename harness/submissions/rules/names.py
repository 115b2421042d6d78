"""Names: what a submission may be called, so that no path, no person and no other system mistakes it."""

import unicodedata
from collections.abc import Iterable, Iterator

from fuseboard.harness.terminal.finding import Finding, judge
from fuseboard.store.embeddings.stored_name import is_name

MAX_LENGTH = 100
RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
"""Files that Windows takes for devices, whatever follows the first dot."""

FIX = "choose another name, of a-z, 0-9, dot, dash and underscore, for the folder and the card's id"

_CYRILLIC = (
    0x430, 0x432, 0x441, 0x501, 0x435, 0x4BB, 0x456, 0x4CF, 0x458, 0x43A, 0x43C, 0x43E, 0x440, 0x51B, 0x455,
    0x442, 0x475, 0x51D, 0x445, 0x443,
)  # fmt: skip
_GREEK = (0x3B1, 0x3B2, 0x3B5, 0x3B9, 0x3BA, 0x3BD, 0x3BF, 0x3C1, 0x3C4, 0x3C5, 0x3C7, 0x3C9)
_LOOKS = str.maketrans(
    {**dict(zip(_CYRILLIC, "abcdehiljkmopqstvwxy", strict=True)), **dict(zip(_GREEK, "abeikvoptuxw", strict=True))}
    | str.maketrans("0158i", "olsbl")
)
"""Cyrillic and Greek letters that look like Latin ones, and digits that look like letters."""

_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))


def findings(name: str, taken: Iterable[str]) -> Iterator[Finding]:
    """What is wrong with the name of a folder.

    Args:
        name: of the folder.
        taken: names of others; the name itself may be among them.
    """
    yield from judge("name", ((f"{name[:MAX_LENGTH]!a} {problem}", FIX) for problem in problems(name, taken)), name)


def problems(name: str, taken: Iterable[str] = ()) -> Iterator[str]:
    """What is wrong with a name, as sentences that begin behind it."""
    if len(name) > MAX_LENGTH:
        yield f"has {len(name)} characters, {MAX_LENGTH} are allowed"
    elif not is_name(name):
        strange = sorted({f"U+{ord(letter):04X}" for letter in name if not letter.isascii()})
        yield f"has letters that are not ASCII: {', '.join(strange[:8])}" if strange else "is no name"
    if name.partition(".")[0].lower() in RESERVED:
        yield "is a device on Windows"
    if name.endswith(".") or ".." in name:
        yield "ends in a dot or has two of them together, which means another folder to some systems"
    if name.endswith(".toml"):
        yield "ends in .toml, and so means a file to every command"
    if similar := [other for other in sorted(taken) if other != name and skeleton(other) == skeleton(name)]:
        yield f"looks like {similar[0]}, which is taken"


def skeleton(name: str) -> str:
    """A name without what the eye passes over: equal for names that a reader would take for one another."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter) and letter not in "-_. ")
    plain = plain.translate(_LOOKS).translate(_LOOKS)  # twice: a Cyrillic i is a Latin i, which is an l
    for pair, single in _PAIRS:
        plain = plain.replace(pair, single)
    return plain
