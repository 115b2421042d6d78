"""Markdown that shows foreign text as text: no markup, no link, no mention, whatever it says."""

import unicodedata
from collections.abc import Sequence

MAX_LENGTH = 400
"""Characters shown of a text; the rest is an ellipsis."""
PLAIN = frozenset(" ,")
"""Marks that mean nothing in Markdown or HTML; of letters and digits all are plain."""
BREAK = "\u200b"
"""A space without width. It goes behind what a forge looks for after Markdown is done: @ for people, # for issues."""


def text(foreign: str) -> str:
    """A foreign text on one line, every mark of it as a character reference, which is never markup.

    References keep `|` from ending a cell and `<` from beginning a tag, and take dots and colons from addresses, so
    that none becomes a link. Control characters, line ends and marks that reorder text become a replacement character.
    """
    line = unicodedata.normalize("NFC", " ".join(foreign.split()))
    line = line if len(line) <= MAX_LENGTH else line[: MAX_LENGTH - 1] + "…"
    return "".join(map(_shown, line))


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of cells that are Markdown already, which holds a line end nowhere."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _shown(mark: str) -> str:
    if unicodedata.category(mark)[0] == "C":
        return "\ufffd"
    if mark.isalnum() or mark in PLAIN:
        return mark
    return f"&#{ord(mark)};{BREAK}" if mark in "@#" else f"&#{ord(mark)};"
