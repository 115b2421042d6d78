"""The contents of a file: everything its format says against it, not only the first, and what is left to fill in."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from fuseboard.harness.submissions.rules import texts
from fuseboard.harness.terminal.finding import Finding
from fuseboard.store.errors import UsageError
from fuseboard.store.files import model_faults, text_file, toml_file
from fuseboard.store.files.model_faults import PLACEHOLDER

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
        data: its bytes.
    """
    is_json = file.endswith(".json")
    if not is_json and max(line.count(b".") for line in data.split(b"\n")) > MAX_DOTS:
        return Content(
            None, [_wrong(file, f"has more than {MAX_DOTS} dots in one line", "keep to the template's keys")]
        )
    try:
        text = text_file.decoded(data, file)
        tree = json.loads(text, object_pairs_hook=_unique_keys) if is_json else toml_file.parsed(text, file)
    except UsageError as error:
        return Content(None, [Finding("wrong", "contents", str(error), "correct its syntax")])
    except RecursionError:
        return Content(None, [_wrong(file, "is nested too deeply to be read", "keep to the template's keys")])
    except ValueError as error:  # JSON's own errors, and keys given twice
        reason = str(error).splitlines()[0]
        return Content(None, [_wrong(file, f"not a JSON file: {reason}", "correct its syntax")])
    if bad := _shortened(list(texts.unsafe(file, tree)), file):
        return Content(None, bad)
    findings = _shortened(list(texts.findings(file, tree)), file)
    gaps = tuple(dict.fromkeys(re.sub(r"\.\d+$", "", key) for key, value in texts.leaves(tree) if value == PLACEHOLDER))
    if gaps:
        left = f"{file}: still to be filled in: {', '.join(gaps[:MAX_LISTED])}{' …' if len(gaps) > MAX_LISTED else ''}"
        findings.append(Finding("missing", "filled in", left, "the comment above each says how"))
    model, faults = None, dict[str, str]()
    try:
        model = kind.model_validate_json(text) if is_json else kind.model_validate(tree)
    except ValidationError as error:
        listed = {fault.key: fault.message for fault in model_faults.listed(kind, error)}
        faults = {key: why for key, why in listed.items() if not any(_is_about(key, gap) for gap in gaps)}
    except (RecursionError, ValueError, TypeError, OverflowError) as error:
        findings.append(_wrong(file, f"cannot be read ({type(error).__name__})", "keep to the template's keys"))
    places = {} if is_json else toml_file.lines(text)
    wrong = [_wrong(file, _placed(places, key, why), "correct it as the message says") for key, why in faults.items()]
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


def _placed(places: Mapping[str, int], key: str, why: str) -> str:
    """What is wrong with a key, and on which line where the format has lines."""
    line = toml_file.line_of(places, key.split(".")) if key else 0
    return f"line {line}: {key}: {why}" if line else f"{key}: {why}" if key else why


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
