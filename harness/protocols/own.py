"""Protocols of one's own: a TOML file, whose rows are called by its name and its digest.

So two versions of one file are two protocols, which are ranked apart, and one that was edited and reverted finds its
rows again. What was measured under keeps its definition in the store, where boards, the regression check and later
commands find it by that name.
"""

from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from fuseboard.harness.protocols import protocol as shipped
from fuseboard.harness.protocols.protocol import PROTOCOLS, Protocol
from fuseboard.harness.protocols.reading import read
from fuseboard.store.embeddings.stored_name import is_name
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files import atomic

FOLDER = "protocols"
"""Folder of a store with the definitions of its own protocols."""
DIGITS = 8
"""Digits of the digest in a name."""
ENDING = ".toml"


def get(name: str, root: Path) -> Protocol:
    """Returns the protocol that an option names: a shipped one, a TOML file, or one that the store knows.

    Args:
        name: of a protocol, or a path that ends with `.toml`.
        root: of the store.

    Raises:
        UsageError: nothing has that name, or the file is no protocol.
        FuseboardError: the store's definition is damaged.
    """
    if name.endswith(ENDING):
        rules = read(Path(name).expanduser())
        return rules.model_copy(update={"name": _name(rules)})
    kept = root / FOLDER / f"{name}.json"
    if name not in PROTOCOLS and is_name(name) and kept.is_file():
        return _kept(kept)
    return shipped.get(name)


def remember(root: Path, rules: Protocol) -> None:
    """Keeps the definition of a protocol of one's own beside the rows that are measured under it."""
    path = root / FOLDER / f"{rules.name}.json"
    if _is_own(rules) and not path.exists():
        atomic.write_text(path, rules.model_dump_json(indent=1))


def known(root: Path) -> Iterator[Protocol]:
    """Every protocol of one's own whose definition a store has, by name."""
    return (_kept(path) for path in sorted((root / FOLDER).glob("[!.]*.json")))


def _name(rules: Protocol) -> str:
    return f"{rules.name}-{rules.digest[:DIGITS]}"


def _is_own(rules: Protocol) -> bool:
    base = rules.name[: -DIGITS - 1]
    return bool(base) and rules.name == _name(rules.model_copy(update={"name": base}))


def _kept(path: Path) -> Protocol:
    try:
        rules = Protocol.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise FuseboardError(f"{path}: not a protocol; delete it and name the TOML file again") from error
    if rules.name != path.stem or not _is_own(rules):
        raise FuseboardError(f"{path}: not the protocol of that name; delete it and name the TOML file again")
    return rules
