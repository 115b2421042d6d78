"""Texts of strangers: what may stand in a title, a licence or a note. Pages escape them; nothing here relies on it."""

import math
import unicodedata
from collections.abc import Iterator
from typing import Any

from fuseboard.harness.terminal.finding import Finding

MAX_TITLE = 200
MAX_TEXT = 2000
"""Characters that a title, and any other text, may have."""

MAX_DEPTH = 12
"""Levels to which tables and lists may be nested; cards and manifests have seven."""

MAX_NODES = 100_000
"""Keys and values that a file may have; a manifest of a thousand shards has thirty thousand with its canary."""

INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Unicode's control, format (bidirectional overrides are such), unassigned and line-breaking letters."""

Leaf = tuple[str, Any]


def leaves(tree: Any) -> Iterator[Leaf]:
    """Every value of a parsed file with its dotted key; a table or list that is too deep or long comes as it is.

    Keys are texts of the file too, so each key of a table comes as a value of its own as well.
    """
    waiting: list[tuple[str, Any, int]] = [("", tree, 0)]
    while waiting:
        key, value, depth = waiting.pop()
        if not isinstance(value, dict | list) or depth > MAX_DEPTH or len(value) > MAX_NODES:
            yield key, value
            continue
        inside = value.items() if isinstance(value, dict) else enumerate(value)
        for name, part in reversed(list(inside)):
            if isinstance(value, dict):
                yield f"{key}.", name
            waiting.append((f"{key}.{name}".lstrip("."), part, depth + 1))


def problem(text: str, longest: int = MAX_TEXT, breaks: str = "") -> str | None:
    """Why a text cannot be taken, or None.

    Args:
        text: written by a stranger.
        longest: characters allowed.
        breaks: invisible letters that are allowed here.
    """
    if len(text) > longest:
        return f"has {len(text):,} characters, {longest:,} are allowed"
    if bad := sorted({c for c in text if unicodedata.category(c) in INVISIBLE and c not in breaks}):
        return f"holds {', '.join(f'U+{ord(c):04X}' for c in bad[:4])}, which no reader sees"
    return None


def unsafe(file: str, tree: Any) -> Iterator[Finding]:
    """Where a parsed file holds what no other rule should meet: deep nesting, and numbers that are none."""
    for number, (key, value) in enumerate(leaves(tree)):
        if number > MAX_NODES:
            yield _wrong(
                file, "", f"has more than {MAX_NODES:,} keys and values", "keep to the template's keys", "structure"
            )
            return
        if isinstance(value, dict | list):
            why = f"has {len(value):,} parts" if len(value) > MAX_NODES else f"is nested deeper than {MAX_DEPTH} levels"
            yield _wrong(file, key, why, "keep to the template's keys", "structure")
        elif isinstance(value, float) and not math.isfinite(value):
            yield _wrong(file, key, "is not a finite number", "leave it out, or give the number", "structure")


def findings(file: str, tree: Any) -> Iterator[Finding]:
    """What is wrong with the texts of a parsed file, keys included, and where it holds what looks like HTML."""
    marked = []
    for key, value in leaves(tree):
        if not isinstance(value, str):
            continue
        if (why := problem(value, MAX_TITLE if key.endswith("title") else MAX_TEXT)) is not None:
            yield _wrong(file, key, why, "write plain text on one line")
        elif "<" in value:
            marked.append(key)
    if marked:
        more = f" and {len(marked) - 4} more" if len(marked) > 4 else ""
        yield Finding("note", "texts", f"{file}: `<` in {', '.join(marked[:4])}{more}; pages show it as text")


def safe(text: str, longest: int = 600) -> str:
    """A message as a terminal, a log and a comment may show it: invisible letters by their number, and cut off."""
    shown = "".join(c if unicodedata.category(c) not in INVISIBLE else f"\\u{ord(c):04x}" for c in text[: longest + 1])
    return shown if len(shown) <= longest else f"{shown[:longest]}…"


def _wrong(file: str, key: str, why: str, fix: str, check: str = "texts") -> Finding:
    return Finding("wrong", check, f"{file}: {key or 'the file'} {why}", fix)
