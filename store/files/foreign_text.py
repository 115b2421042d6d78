"""Foreign text: what strangers wrote, such as names of classes and files, made fit to be shown."""

import unicodedata

MAX_LENGTH = 300
"""Characters shown of a stranger's text."""


def foreign(text: str) -> str:
    """Return a stranger's text on one line, cut off, without letters that nobody sees or that turn others around."""
    line = " ".join(text.split())
    line = line if len(line) <= MAX_LENGTH else f"{line[: MAX_LENGTH - 1]}…"
    return "".join("\ufffd" if unicodedata.category(letter)[0] == "C" else letter for letter in line)
