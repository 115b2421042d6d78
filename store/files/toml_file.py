"""A TOML file that a person wrote: read as a model, or refused with every fault at once and the line of each."""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from fuseboard.store.errors import UsageError
from fuseboard.store.files import model_faults, text_file
from fuseboard.store.files.model_faults import GAP, PLACEHOLDER, Fault

Model = TypeVar("Model", bound=BaseModel)

HEADER, KEY = re.compile(r"\s*\[\[?\s*([\w.\s\"-]+?)\s*\]"), re.compile(r"\s*([\w.-]+|\"[^\"]*\")\s*=")
PLACE = re.compile(r" \((?:at line (\d+), column (\d+)|at end of document)\)$")


def read(kind: type[Model], path: Path, lacking: str = "") -> Model:
    """Reads a file as a model.

    Args:
        kind: the model.
        path: the file.
        lacking: what helps where keys are missing.

    Raises:
        FileNotFoundError: there is no such file; whoever asks knows what it would be.
        UsageError: it is no TOML, or not such a file; one line that names all that is wrong.
    """
    text = text_file.decoded(path.read_bytes(), path)
    tree = parsed(text, path)
    refuse([*unfilled(tree), *model_faults.of(kind, tree)], text, path, lacking)
    return kind.model_validate(tree)


def parsed(text: str, where: Path | str) -> dict[str, Any]:
    """Returns the contents of a TOML text; an error quotes the line on which it stops to be one."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = PLACE.search(str(error))
        reason = PLACE.sub("", str(error))
        number = int(place[1]) if place and place[1] else len(text.splitlines())
        own = (text.splitlines() or [""])[number - 1].strip()
        quoted = f": {own[:60]!r}" if own else ""
        raise UsageError(f"{where}: line {number}: not a TOML file: {reason}{quoted}{_mend(own, reason)}") from error
    except RecursionError as error:
        raise UsageError(f"{where}: is nested too deeply to be read") from error
    except ValueError as error:  # numbers of thousands of digits
        raise UsageError(f"{where}: not a TOML file: {str(error).splitlines()[0]}") from error


def unfilled(tree: Any, above: tuple[str, ...] = ()) -> list[Fault]:
    """Returns the keys of a template that nobody has filled in."""
    if isinstance(tree, dict):
        return [fault for key, value in tree.items() for fault in unfilled(value, (*above, key))]
    if tree == PLACEHOLDER or (isinstance(tree, list) and PLACEHOLDER in tree):
        return [Fault(above, GAP)]
    return []


def refuse(faults: Iterable[Fault], text: str, where: Path | str, lacking: str = "") -> None:
    """Raises where there are faults: all of them in one line, in the order of theirs.

    Args:
        faults: of the contents; of several of one key the first is said.
        text: of the file.
        where: the file.
        lacking: what helps where keys are missing.
    """
    places, found = lines(text), dict[tuple[str, ...], Fault]()
    for fault in faults:
        if not any(fault.keys[: len(keys)] == keys for keys in found if keys):
            found.setdefault(fault.keys, fault)
    absent: dict[tuple[str, ...], list[str]] = {}
    said: list[tuple[int, str]] = []
    gaps = [fault for fault in found.values() if fault.message == GAP]
    if gaps:
        named = ", ".join(f"{fault.key} (line {line_of(places, fault.keys)})" for fault in gaps)
        said.append((line_of(places, gaps[0].keys), f"still to be filled in, as the comments above them say: {named}"))
    for fault in found.values():
        if fault.message == GAP:
            continue
        if fault.is_missing:
            absent.setdefault(fault.keys[:-1], []).append(fault.keys[-1])
        else:
            said.append((line_of(places, fault.keys), f"{fault.key}: {fault.message}" if fault.keys else fault.message))
    for table, keys in absent.items():
        one = found[(*table, keys[0])]
        if len(keys) == 1:
            said.append((line_of(places, table), f"{one.key} {one.message}"))
        else:
            inside = f" in [{'.'.join(table)}]" if table else ""
            said.append((line_of(places, table), f"{', '.join(keys)} are missing{inside}"))
    if not said:
        return
    numbered = [f"line {line}: {sentence}" if line else sentence for line, sentence in sorted(said)]
    if absent and lacking:
        numbered.append(lacking)
    raise UsageError(f"{where}: {' | '.join(numbered)}")


def lines(text: str) -> dict[str, int]:
    """Dotted key -> the line on which it, or the header of its table, stands in a TOML text; counted from 1."""
    found: dict[str, int] = {}
    table, inside = "", False
    for number, line in enumerate(text.splitlines(), 1):
        if not inside:
            if header := HEADER.match(line):
                name = header[1].replace('"', "").replace(" ", "")
                table = f"{name}."
                found.setdefault(name, number)
            elif key := KEY.match(line):
                found.setdefault(table + key[1].strip('"'), number)
        inside ^= (line.count('"""') + line.count("'''")) % 2 == 1
    return found


def line_of(places: Mapping[str, int], keys: Sequence[str]) -> int:
    """The line of a key, or of the nearest table around one that is missing; 0 where there is none."""
    above = (".".join(keys[:end]) for end in range(len(keys), 0, -1))
    return next((places[key] for key in above if key in places), 0)


def _mend(line: str, reason: str) -> str:
    """Returns how the commonest mistakes are mended."""
    if "\\" in line and re.search(r"escape|hex|[Uu]nicode", reason):
        return "; write a path of Windows with / or between single quotes"
    if re.match(r"[\w.\"-]+\s*:", line):
        return "; a key and its value have = between them"
    if re.search(r"=\s*(True|False|None)\b", line):
        return "; write true or false in small letters, and leave a key out that has no value"
    if reason.startswith("Invalid value") or re.search(r"=\s*\w", line):
        return "; a text stands between quotes"
    return ""
