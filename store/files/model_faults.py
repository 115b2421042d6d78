"""What a model of pydantic has against a file, as a person reads it: a plain sentence for each fault."""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from fuseboard.store.errors import unknown

PLACEHOLDER = "FILL IN"
"""Stands in a template where a person has to say something."""
GAP = "is still to be filled in"
"""What is said of it."""


@dataclass(frozen=True, order=True)
class Fault:
    """One thing that is wrong with a file."""

    keys: tuple[str, ...]
    """That lead to it; none where it is the whole file."""
    message: str
    is_missing: bool = False
    """Whether the key is not there at all."""

    @property
    def key(self) -> str:
        """The keys, with points between them."""
        return ".".join(self.keys)


def of(kind: type[BaseModel], tree: Any, above: Sequence[str] = ()) -> list[Fault]:
    """Returns everything that a model has against the contents of a file, in the order in which it was found.

    Args:
        kind: the model.
        tree: the contents, as they are read from TOML or JSON.
        above: keys under which the contents lie in the file.
    """
    try:
        kind.model_validate(tree)
    except ValidationError as error:
        return listed(kind, error, above)
    return []


def listed(kind: type[BaseModel], error: ValidationError, above: Sequence[str] = ()) -> list[Fault]:
    """Returns the faults that an error of a model holds; arguments as those of `of`."""
    found: dict[tuple[str, ...], Fault] = {}
    for one in error.errors(include_url=False):
        # Of a value that may have several types each type complains: one sentence is enough.
        loc = [part for part in one["loc"] if not str(part).startswith(("function-", "tuple[", "list["))]
        keys = (*above, *map(str, loc))
        found.setdefault(keys, Fault(keys, _sentence(kind, one), one["type"] == "missing"))
    return list(found.values())


def without_input(error: ValidationError) -> str:
    """Returns the first fault as Pydantic says it, after its key, without what stands there, which may be foreign."""
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"


def _sentence(kind: type[BaseModel], error: ErrorDetails) -> str:
    *above, key = [*error["loc"]] or [""]
    value, told = error.get("input"), error.get("ctx", {})
    if value == PLACEHOLDER:
        return GAP
    about = _field_words(kind, error["loc"])
    if error["type"] == "missing":
        return f"is missing{about and f' ({about})'}"
    if error["type"] == "extra_forbidden":
        known = list(_fields(_model_at(kind, above)))
        return str(unknown("key", str(key), known)) if known else f"unknown key {_short(key)}"
    if error["type"] == "value_error":
        return error["msg"].removeprefix("Value error, ")
    if error["type"] == "literal_error":
        return _none_of(value, re.findall(r"'([^']*)'", str(told.get("expected", ""))), str(told.get("expected", "")))
    if error["type"] == "string_pattern_mismatch":
        return f"{_short(value)} cannot be this: {about or str(told.get('pattern'))}"
    if error["type"] == "string_type" and isinstance(value, dict):
        near = difflib.get_close_matches(str(key), [one for one in _fields(_model_at(kind, above)) if one != key], n=1)
        return f"is a table, and a text belongs here{f'; did you mean [{near[0]}]?' if near else ''}"
    for name, words in SENTENCES.items():
        if re.fullmatch(name, error["type"]):
            return words(_short(value), told)
    return error["msg"][:1].lower() + error["msg"][1:]


SENTENCES: Mapping[str, Callable[[str, Mapping[str, Any]], str]] = {
    "bool_(type|parsing)": lambda value, _: f"{value} is neither true nor false, which have no quotes",
    "int_.*": lambda value, _: f"{value} is no whole number",
    "float_.*": lambda value, _: f"{value} is no number",
    "finite_number": lambda value, _: f"{value} is no finite number",
    "string_type": lambda value, _: f"{value} is no text; put it in quotes",
    "(tuple|list)_type": lambda value, _: f"{value} is no list; put it in brackets, such as [{value}]",
    "(dict|model|model_attributes)_type": lambda value, _: f"{value} is no table of keys and values",
    "greater_than_equal": lambda value, told: f"{value} is too small; it is {told['ge']:g} or more",
    "greater_than": lambda value, told: f"{value} is too small; it is more than {told['gt']:g}",
    "less_than_equal": lambda value, told: f"{value} is too large; it is {told['le']:g} or less",
    "less_than": lambda value, told: f"{value} is too large; it is less than {told['lt']:g}",
    "too_short": lambda value, told: f"{value} is too short; it has {told['min_length']} or more",
    "too_long": lambda value, told: f"{value} is too long; it has {told['max_length']} or fewer",
    "string_too_short": lambda value, told: "is empty" if value == "''" else f"{value} is too short",
    "string_too_long": lambda value, told: f"{value} is longer than {told['max_length']} characters",
}
"""Pattern of pydantic's types of errors -> the sentence, given the value and what pydantic tells besides."""


def _none_of(value: Any, known: Sequence[str], expected: str) -> str:
    if not isinstance(value, str) or not known:
        return f"{_short(value)} cannot be this; it is {expected}"
    near = difflib.get_close_matches(value, known, n=2, cutoff=0.6)
    hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(known)}"
    return f"{_short(value)} is not known here; {hint}"


def _field_words(kind: Any, loc: Sequence[int | str]) -> str:
    """Returns the description of the field at a place; empty where it has none."""
    field = getattr(_model_at(kind, loc[:-1]), "model_fields", {}).get(loc[-1]) if loc else None
    return (field.description or "") if field is not None else ""


def _fields(model: Any) -> Iterable[str]:
    return list(getattr(model, "model_fields", {}))


def _model_at(kind: Any, path: Sequence[int | str]) -> Any:
    """Returns the model at a place below another, None where it cannot be followed there."""
    is_key = False
    for part in path:
        if isinstance(part, int) or is_key:  # the place in a list, or a key of a mapping
            is_key = False
            continue
        field = getattr(kind, "model_fields", {}).get(part)
        kind = _model_in(field.annotation) if field is not None else None
        is_key = field is not None and issubclass(get_origin(field.annotation) or object, Mapping)
    return kind


def _model_in(annotation: Any) -> Any:
    """Returns the model that a type is, may be or holds, such as that of `tuple[Model, ...]` or `Model | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part)) is not None), None)


def _short(value: Any) -> str:
    text = {True: "true", False: "false"}[value] if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
