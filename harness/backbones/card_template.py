"""The template of a card: every key with a comment, and what is known filled in."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w

FILE = Path(__file__).parent / "templates" / "card.toml"
_LINE = re.compile(r"(?:# )?([a-z_0-9]+) = ")

Facts = Mapping[str, Any]
"""Dotted key of a card -> its value; None for a key that does not belong on this card."""

OF_ONES_OWN: dict[str, Any] = {"source.file": None, "source.module": None, "source.module_sha256": None}
"""Keys that only a card of one's own has: their lines are taken away."""


def filled(facts: Facts) -> str:
    """The template with facts in their lines, comments kept; a value of None takes its line and its comment away."""
    lines: list[str] = []
    section = ""
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = f"{line.strip('[]')}."
        if line.startswith("# [source.kwargs]") and facts.get("source.kwargs"):
            lines.append(tomli_w.dumps({"source": {"kwargs": facts["source.kwargs"]}}).strip())
            continue
        found = _LINE.match(line)
        key = f"{section}{found[1]}" if found else ""
        if key not in facts:
            lines.append(line)
        elif facts[key] is not None:
            lines.append(_dumped(str(found and found[1]), facts[key]))
        else:
            while lines and lines[-1].startswith("# ") and not _LINE.match(lines[-1]):
                lines.pop()
    return "\n".join(lines) + "\n"


def _dumped(key: str, value: Any) -> str:
    if isinstance(value, list | tuple) and all(isinstance(one, float | int) for one in value):
        return f"{key} = [{', '.join(map(str, value))}]"
    return tomli_w.dumps({key: value}).strip()
