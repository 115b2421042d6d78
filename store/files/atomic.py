"""Files that are either whole or not there."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fuseboard.store.errors import FuseboardError

PREFIX = ".tmp-"


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Hands out a temporary path beside `path` and, when the block ends well, makes it `path` in one step.

    The content is on the disk before the name is, so a crash leaves the old file or the new one. A block that raises
    leaves nothing. A process killed outright leaves a `.tmp-` file, which no reader looks at and `sweep` removes.
    """
    with enough_space(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=PREFIX, suffix=path.suffix, dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            move(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


def move(temporary: Path, path: Path) -> None:
    """Makes a finished file of the same file system `path`, in one step and only after its content is on the disk."""
    with temporary.open("rb+") as file:
        os.fsync(file.fileno())
    temporary.chmod(0o644)
    temporary.replace(path)
    sync_folder(path.parent)


@contextmanager
def enough_space(path: Path) -> Iterator[None]:
    """Turns a full disk met while writing `path` into the error that says so."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise FuseboardError(
                f"no space left on the disk while writing {path}; nothing half-written was kept: "
                "free some space, or choose another place, and run the same command again"
            ) from error
        raise


def write_text(path: Path, text: str) -> None:
    """Replaces a text file in one step; it has the same bytes on every system."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def sweep(folder: Path) -> None:
    """Removes what killed processes left in a folder. Call it only while holding the lock of that folder."""
    for left in folder.glob(f"{PREFIX}*"):
        left.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Makes a rename durable; a no-op where folders cannot be opened (Windows)."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
