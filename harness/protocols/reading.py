"""A protocol's TOML: read, or refused with every error at once and the line of each."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fuseboard.harness import classifiers
from fuseboard.harness.classifiers import CLASSIFIERS
from fuseboard.harness.protocols.protocol import Protocol
from fuseboard.store.errors import UsageError, unknown
from fuseboard.store.files import model_faults, text_file, toml_file
from fuseboard.store.files.model_faults import Fault

LACKING = "docs/protocols.md has a whole one"


def read(path: Path) -> Protocol:
    """Reads the protocol of a file.

    Raises:
        UsageError: there is no such file, it is not TOML, or not a protocol; one line that names all that is wrong.
    """
    try:
        text = text_file.decoded(path.read_bytes(), path)
    except (FileNotFoundError, IsADirectoryError):
        raise UsageError(f"{path}: no such file; it would define a protocol of your own (docs/protocols.md)") from None
    said = toml_file.parsed(text, path)
    toml_file.refuse(_faults(said), text, path, LACKING)
    return Protocol.model_validate(said)


def _faults(said: Mapping[str, Any]) -> Iterator[Fault]:
    name, params = said.get("classifier"), said.get("params", {})
    kind = classifiers.get(name).Params if isinstance(name, str) and name in CLASSIFIERS else None
    if isinstance(name, str) and kind is None:
        yield Fault(("classifier",), str(unknown("classifier", name, CLASSIFIERS)))
        said = {**said, "classifier": next(iter(CLASSIFIERS))}  # so that the rest is told as well
    yield from (one for one in model_faults.of(Protocol, said) if one.keys[:1] not in ((), ("params",)))
    if kind is None or not isinstance(params, Mapping):
        if kind is not None:
            yield Fault(("params",), "is a table, [params]")
        return
    if found := model_faults.of(kind, params, ("params",)):
        yield from found
        return
    tuning = said.get("tuning")
    space = tuning.get("space") if isinstance(tuning, Mapping) else None
    for key, values in space.items() if isinstance(space, Mapping) else ():
        for value in values if isinstance(values, list) else ():
            yield from (
                Fault(("tuning", "space", key), f"{value}: {one.message}")
                for one in model_faults.of(kind, {**params, key: value}, ("params",))
            )
