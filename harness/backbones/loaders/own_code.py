"""One's own code: the file beside a card, imported once it has the pinned hash, and its errors in one line."""

import importlib.util
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from fuseboard.harness.backbones.adaptive_batches import is_out_of_memory
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.terminal.extras import what_is_missing
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files.hashing import sha256_of


def path_of(card: Card) -> Path:
    """Returns where the file of a card's module belongs."""
    dotted = str(card.source.module).partition(":")[0]
    return card.source.folder.joinpath(*dotted.split(".")).with_suffix(".py")


def file_of(card: Card) -> Path:
    """Returns the file of a card's module, in the folder of the card or below, and nowhere else."""
    path = path_of(card)
    if not path.is_file():
        raise FuseboardError(
            f"{card.id}: its code is {path.name}, which is not in {path.parent}, beside the card; put it there, or "
            "mend `module`"
        )
    return path


def hold(card: Card, path: Path) -> None:
    """Raises where the file of a card's module has another hash than the card says."""
    if (digest := sha256_of(path)) != card.source.module_sha256:
        raise FuseboardError(
            f"{card.id}: {path.name} has SHA-256 {digest}, its card says {card.source.module_sha256}: the code has "
            f'changed, so its vectors are another version; say module_sha256 = "{digest}" on the card'
        )


def thing(card: Card) -> Any:
    """Imports the pinned file and returns what `module` names in it.

    Raises:
        FuseboardError: another hash, no such name, or whatever the file raises.
    """
    path = file_of(card)
    hold(card, path)
    with speaking(card, "import"):
        module = _imported(path, str(card.source.module_sha256))
    name = str(card.source.module).partition(":")[2]
    if not hasattr(module, name):
        own = [key for key, one in vars(module).items() if getattr(one, "__module__", "") == module.__name__]
        has = f"; it has {', '.join(own)}" if own else ""
        raise FuseboardError(f"{card.id}: {path.name} has no {name}{has}; mend `module`")
    return getattr(module, name)


@contextmanager
def speaking(card: Card, what: str) -> Iterator[None]:
    """Turns what one's own code raises into one line with the file and the line of it; memory that runs out stays."""
    path = file_of(card)
    try:
        yield
    except FuseboardError:
        raise
    except (Exception, SystemExit) as error:
        if is_out_of_memory(error):
            raise
        reason = " ".join(str(error).split())[:300]
        said = f"{type(error).__name__}: {reason}" if reason else type(error).__name__
        hint, place = "", _place(error, path)
        if isinstance(error, ModuleNotFoundError):
            if mend := what_is_missing(error):
                raise FuseboardError(f"{card.id}: {mend} ({place})") from error
            hint = "; keep your own code in this one file, whose hash is pinned, and install the packages it needs"
        raise FuseboardError(f"{card.id}: {what}: {said} ({place}){hint}") from error


def _place(error: BaseException, path: Path) -> str:
    """Returns the last line of the file that the error came through; of what is no Python, the line that is not."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return f"{path.name}:{error.lineno}"
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return f"{path.name}:{lines[-1]}" if lines else path.name


def _imported(path: Path, digest: str) -> ModuleType:
    name = f"fuseboard_own_{path.stem}_{digest[:12]}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses and pickle look a class's module up there.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
