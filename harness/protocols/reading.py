"""A protocol's TOML: read, or refused with every error at once and the line of each."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from fuseboard.harness import classifiers
from fuseboard.harness.classifiers import CLASSIFIERS
from fuseboard.harness.protocols.protocol import CrossValidation, Protocol, Selection
from fuseboard.harness.protocols.tuning import Tuning
from fuseboard.store.errors import UsageError, unknown

Problem = tuple[tuple[str, ...], str]
"""Keys that lead to what is wrong, and what is wrong with it."""

PARTS: Mapping[tuple[str, ...], type[BaseModel]] = {
    (): Protocol,
    ("selection",): Selection,
    ("selection", "cv"): CrossValidation,
    ("tuning",): Tuning,
}
HEADER, KEY = re.compile(r"\s*\[\s*([\w.\s-]+?)\s*\]"), re.compile(r"\s*([\w.-]+|\"[^\"]*\")\s*=")


def read(path: Path) -> Protocol:
    """Reads the protocol of a file.

    Raises:
        UsageError: there is no such file, it is not TOML, or not a protocol; one line that names all that is wrong.
    """
    try:
        # Editors of Windows begin a file with a byte order mark.
        text = path.read_text(encoding="utf-8-sig")
        said = tomllib.loads(text)
    except (FileNotFoundError, IsADirectoryError):
        raise UsageError(f"{path}: no such file; it would define a protocol of your own (docs/protocols.md)") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not a TOML file: {error}") from error
    if problems := list(_problems(said)):
        places = lines(text)
        located = sorted(((_line(places, keys), ".".join(keys), message) for keys, message in problems))
        listed = (f"line {line}: {key}: {message}" if line else f"{key}: {message}" for line, key, message in located)
        raise UsageError(f"{path}: {'; '.join(listed)}")
    return Protocol.model_validate(said)


def lines(text: str) -> dict[str, int]:
    """Dotted key -> the line on which it, or the header of its table, stands in a TOML text; counted from 1."""
    found: dict[str, int] = {}
    table, inside = "", False
    for number, line in enumerate(text.splitlines(), 1):
        if not inside:
            if header := HEADER.match(line):
                table = f"{header[1]}."
                found.setdefault(header[1], number)
            elif key := KEY.match(line):
                found.setdefault(table + key[1].strip('"'), number)
        inside ^= (line.count('"""') + line.count("'''")) % 2 == 1
    return found


def _line(places: Mapping[str, int], keys: tuple[str, ...]) -> int:
    """The line of a key, or of the nearest table around one that is missing; 0 where there is none."""
    above = (".".join(keys[:end]) for end in range(len(keys), 0, -1))
    return next((places[key] for key in above if key in places), 0)


def _problems(said: Mapping[str, Any]) -> Iterator[Problem]:
    name, params = said.get("classifier"), said.get("params", {})
    kind = classifiers.get(name).Params if isinstance(name, str) and name in CLASSIFIERS else None
    if isinstance(name, str) and kind is None:
        yield ("classifier",), str(unknown("classifier", name, CLASSIFIERS))
        said = {**said, "classifier": next(iter(CLASSIFIERS))}  # so that the rest is told as well
    yield from (one for one in _errors(Protocol, said) if one[0] and one[0][0] != "params")
    if kind is None or not isinstance(params, Mapping):
        if kind is not None:
            yield ("params",), "is a table, [params]"
        return
    if found := list(_errors(kind, params, ("params",))):
        yield from found
        return
    tuning = said.get("tuning")
    space = tuning.get("space") if isinstance(tuning, Mapping) else None
    for key, values in space.items() if isinstance(space, Mapping) else ():
        for value in values if isinstance(values, list) else ():
            yield from (
                (("tuning", "space", key), f"{value}: {message}")
                for _, message in _errors(kind, {**params, key: value}, ("params",))
            )


def _errors(model: type[BaseModel], said: Any, above: tuple[str, ...] = ()) -> Iterator[Problem]:
    try:
        model.model_validate(said)
    except ValidationError as error:
        for one in error.errors(include_url=False):
            keys = (*above, *(str(part) for part in one["loc"]))
            part = model if above else PARTS.get(keys[:-1])
            if one["type"] == "extra_forbidden" and part:
                yield keys, str(unknown("key", keys[-1], part.model_fields))
            else:
                yield keys, one["msg"].removeprefix("Value error, ")
