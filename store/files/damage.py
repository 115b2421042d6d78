"""Damage: a file of the store that cannot be read costs what it holds and nothing else, and is named once."""

import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from fuseboard.store.errors import FuseboardError

T = TypeVar("T")


class DamagedFile(FuseboardError):
    """A file that is there and cannot be read."""

    def __init__(self, path: Path, what: str, mend: str) -> None:
        super().__init__(f"{path}: {what}; {mend}")
        self.path, self.what, self.mend = path, what, mend


class DamagedFileWarning(UserWarning):
    """Says that a damaged file is left out: the path, what is wrong, and how to mend it."""


_TOLD: set[str] = set()


@contextmanager
def named(path: Path, kind: str, mend: str, *errors: type[Exception]) -> Iterator[None]:
    """Has what goes wrong while a file is read raised as a `DamagedFile`; that there is none stays what it is.

    Args:
        path: of the file.
        kind: of file, such as `results file`.
        mend: what to do about it.
        errors: raised by whatever reads it, beside those of the system.
    """
    try:
        if path.is_dir():
            raise DamagedFile(path, f"not a {kind} but a folder", mend)
        yield
    except Exception as error:
        if isinstance(error, DamagedFile) or not isinstance(error, (OSError, *errors)):
            raise
        if isinstance(error, FileNotFoundError) and not path.is_symlink():
            raise
        raise DamagedFile(path, f"not a readable {kind} ({first_of(error)})", mend) from error


def first_of(error: Exception) -> str:
    """Returns what an error says, in one line; of several values that do not fit the first, with its key."""
    from pydantic import BaseModel, ValidationError

    from fuseboard.store.files import model_faults

    if isinstance(error, ValidationError):
        fault = model_faults.listed(BaseModel, error)[0]
        return f"{fault.key}: {fault.message}" if fault.keys else fault.message
    said = (isinstance(error, OSError) and error.strerror) or str(error).strip().partition("\n")[0]
    return said or type(error).__name__


def readable(paths: Iterable[Path], read: Callable[[Path], T]) -> tuple[dict[Path, T], dict[Path, DamagedFile]]:
    """Reads files one by one; returns what those hold that can be read, and what is wrong with the others."""
    found: dict[Path, T] = {}
    damaged: dict[Path, DamagedFile] = {}
    for path in paths:
        try:
            found[path] = read(path)
        except DamagedFile as error:
            damaged[path] = error
    return found, damaged


def tell(damaged: Iterable[DamagedFile]) -> None:
    """Warns of files that are left out, of each once in the life of a process or command."""
    for error in damaged:
        if str(error) not in _TOLD:
            _TOLD.add(str(error))
            said = DamagedFileWarning(f"{error}; what it holds is left out")
            warnings.warn_explicit(said, DamagedFileWarning, str(error.path), 0)


@contextmanager
def told_in_lines() -> Iterator[None]:
    """Has the warnings of one command printed as lines on stderr, without the place in our code."""
    _TOLD.clear()
    shown = warnings.showwarning

    def show(message: Warning | str, category: type[Warning], *place: object, **more: object) -> None:
        if issubclass(category, DamagedFileWarning):
            print(f"warning: {message}", file=sys.stderr)
        else:
            shown(message, category, *place, **more)  # type: ignore[arg-type]

    warnings.showwarning = show
    try:
        yield
    finally:
        warnings.showwarning = shown
        _TOLD.clear()
