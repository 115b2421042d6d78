"""The draft of a card for code of one's own, by what its file says; nothing of it is run."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fuseboard.harness.backbones.source import UNPINNED
from fuseboard.store.errors import UsageError
from fuseboard.store.files.hashing import sha256_of


def facts(model: str, card: Path) -> dict[str, Any]:
    """Returns what a card says of `module:Name`; a file that is not written yet is unpinned.

    Raises:
        UsageError: it is written otherwise, or the file has no such name.
    """
    module, _, name = model.partition(":")
    if not name or not all(part.isidentifier() for part in (*module.split("."), name)):
        raise UsageError(f"{model!r}: say the file and what is in it, as my_models:MyNetwork of my_models.py")
    path = card.absolute().parent.joinpath(*module.split(".")).with_suffix(".py")
    if path.is_file():
        _require(name, path)
    return {"source.module": model, "source.module_sha256": sha256_of(path) if path.is_file() else UNPINNED}


def _require(name: str, path: Path) -> None:
    try:
        held = list(_names(ast.parse(path.read_bytes()).body))
    except (SyntaxError, ValueError, LookupError):
        return  # what cannot be read so is for Python itself to say, when the model is loaded
    if name not in held:
        raise UsageError(f"{path.name} has no {name}; it has {', '.join(held) or 'nothing that could be a model'}")


def _names(statements: list[ast.stmt]) -> Iterator[str]:
    """Yields what statements define.

    Raises:
        LookupError: only running them would tell.
    """
    for one in statements:
        match one:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AnnAssign(target=ast.Name(id=name)):
                yield name
            case ast.Assign(targets=[ast.Name(id=name)]):
                yield name
            case ast.ImportFrom(names=names):
                if any(alias.name == "*" for alias in names):
                    raise LookupError
                yield from (alias.asname or alias.name for alias in names)
            case ast.Import() | ast.Expr():
                pass
            case _:
                raise LookupError
