"""The contents of a file: everything its format says against it, not only the first, and what is left to fill in."""

import json
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from fuseboard.harness.submissions.rules import texts
from fuseboard.harness.terminal.finding import Finding
from fuseboard.store.errors import unknown

PLACEHOLDER = "FILL IN"
"""Stands in the template where a person has to say something."""

MAX_LISTED = 20
"""Findings that are listed of one file and kind; a forged file could give a million."""

MAX_DOTS = 200
"""Dots that a line of TOML may have; reading a key of many parts takes time and memory that grow with their square."""

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Content(Generic[Model]):
    """What a file holds, None where it cannot be taken for that, and what is wrong with it."""

    model: Model | None
    findings: list[Finding]
    gaps: tuple[str, ...] = ()
    """Keys that are still to be filled in."""
    faults: tuple[str, ...] = ()
    """Keys whose values are wrong."""


def read(kind: type[Model], file: str, data: bytes) -> Content[Model]:
    """Parses a file and holds it against its model.

    Args:
        kind: the file's model.
        file: its name; `.json` or `.toml` decides the format.
        data: its bytes, UTF-8.
    """
    is_json = file.endswith(".json")
    if not is_json and max(line.count(b".") for line in data.split(b"\n")) > MAX_DOTS:
        return Content(
            None, [_wrong(file, f"has more than {MAX_DOTS} dots in one line", "keep to the template's keys")]
        )
    try:
        tree = json.loads(data, object_pairs_hook=_unique_keys) if is_json else tomllib.loads(data.decode("utf-8"))
    except RecursionError:
        return Content(None, [_wrong(file, "is nested too deeply to be read", "keep to the template's keys")])
    except ValueError as error:  # both formats' own errors, numbers of thousands of digits, keys given twice
        reason = str(error).splitlines()[0]
        return Content(
            None, [_wrong(file, f"not a {'JSON' if is_json else 'TOML'} file: {reason}", "correct its syntax")]
        )
    if bad := _shortened(list(texts.unsafe(file, tree)), file):
        return Content(None, bad)
    findings = _shortened(list(texts.findings(file, tree)), file)
    gaps = tuple(dict.fromkeys(re.sub(r"\.\d+$", "", key) for key, value in texts.leaves(tree) if value == PLACEHOLDER))
    findings += [
        Finding("missing", "filled in", f"{file}: {key} is still to be filled in", "the comment above it says how")
        for key in gaps
    ]
    model, faults = None, dict[str, str]()
    try:
        model = kind.model_validate_json(data) if is_json else kind.model_validate(tree)
    except ValidationError as error:
        faults = {key: why for key, why in _faults(kind, error) if not any(_is_about(key, gap) for gap in gaps)}
    except (RecursionError, ValueError, TypeError, OverflowError) as error:
        findings.append(_wrong(file, f"cannot be read ({type(error).__name__})", "keep to the template's keys"))
    wrong = [
        _wrong(file, f"{key}: {why}" if key else why, "correct it as the message says") for key, why in faults.items()
    ]
    return Content(None if gaps else model, findings + _shortened(wrong, file), gaps, tuple(faults))


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object whose keys are there once: readers differ in which of two they believe."""
    if len(pairs) > texts.MAX_NODES:
        raise ValueError(f"an object has {len(pairs):,} keys")
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {next(key for key in keys if keys.count(key) > 1)!r} is there twice")
    return found


def _faults(kind: type[BaseModel], error: ValidationError) -> list[tuple[str, str]]:
    """Dotted key and reason of everything that pydantic has against a file."""
    found = []
    for one in error.errors(include_url=False, include_context=False, include_input=False):
        *above, last = one["loc"] or ("",)
        why = one["msg"].removeprefix("Value error, ")
        if one["type"] == "extra_forbidden":
            why = str(unknown("key", str(last), _keys(kind, above)))
        found.append((".".join(map(str, one["loc"])), why))
    return found


def _keys(kind: Any, path: Sequence[int | str]) -> list[str]:
    """The keys that a model knows at a place, none where it cannot be followed there."""
    for part in path:
        fields = getattr(kind, "model_fields", {})
        kind = fields[part].annotation if part in fields else None
    return list(getattr(kind, "model_fields", {}))


def _is_about(key: str, gap: str) -> bool:
    """Whether an error at `key` may come from the gap: it is that value, holds it, or lies in it."""
    return not key or f"{gap}.".startswith(f"{key}.") or f"{key}.".startswith(f"{gap}.")


def _shortened(findings: list[Finding], file: str) -> list[Finding]:
    more = len(findings) - MAX_LISTED
    return [
        *findings[:MAX_LISTED],
        *([_wrong(file, f"{more} more of these", "correct those first")] if more > 0 else []),
    ]


def _wrong(file: str, message: str, fix: str) -> Finding:
    return Finding("wrong", "contents", f"{file}: {message}", fix)
