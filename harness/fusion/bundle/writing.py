"""Writing: a bundle appears whole, as a folder or a zip, or not at all."""

import ctypes
import errno
import hashlib
import os
import shutil
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from fuseboard.harness.fusion.bundle import reading
from fuseboard.harness.fusion.bundle.facts import File
from fuseboard.harness.fusion.bundle.manifest import FILE, Manifest
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.files import atomic

ZIP = ".zip"
EXCHANGE = 2
"""`RENAME_EXCHANGE` of Linux's renameat2: two names change places in one step."""
YOUNG_S = 60.0
"""Seconds in which a folder that nobody has locked may be one that somebody is about to lock."""
HERE = -100
"""`AT_FDCWD`."""


def refuse_other(path: Path) -> None:
    """Raises where something lies at a path that is no bundle, which nothing may replace; best before long work."""
    if path.suffix.lower() == ZIP:
        if path.is_dir():
            raise UsageError(f"{path} is a folder; name a zip that is to be written, or a folder without that ending")
        if path.exists() and not zipfile.is_zipfile(path):
            raise UsageError(f"{path} exists and is no zip; choose another name")
        return
    if path.exists() and not path.is_dir():
        raise UsageError(f"{path} is a file; name a folder, or a file that ends in {ZIP}")
    if not path.exists() or not (held := sorted(os.listdir(path))):
        return
    if FILE not in held:
        raise UsageError(f"{path} holds {held[0]!r} and is no model; name a new or an empty folder")
    try:
        reading.read(path)
    except FuseboardError as error:
        raise UsageError(f"{path} is not replaced ({error}); remove it by hand, or name another folder") from error
    if hidden := [name for name in held if name.startswith(".")]:
        raise UsageError(f"{path} is not replaced, since it holds {hidden[0]!r} too; name another folder")


def write(path: Path, manifest: Manifest, files: Mapping[str, bytes]) -> None:
    """Writes a bundle in the place of an earlier one, or of nothing.

    Args:
        path: of the folder, or of a zip.
        manifest: whose list of files is made here.
        files: name -> content.

    Raises:
        UsageError: something else lies there.
        FuseboardError: the disk is full; what lay there is as it was.
    """
    refuse_other(path)
    whole = [*files.items(), (FILE, text(listed(manifest, files)))]
    place = path.resolve()
    with atomic.enough_space(path):
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.suffix.lower() == ZIP:
            with atomic.replacing(place) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
                for name, content in whole:
                    archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
            return
        with _beside(place) as temporary:
            for name, content in whole:
                with (temporary / name).open("wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
            atomic.sync_folder(temporary)
            _take_place(temporary, place)
            atomic.sync_folder(place.parent)


def listed(manifest: Manifest, files: Mapping[str, bytes]) -> Manifest:
    """Returns a manifest that lists files with their sizes and hashes."""
    found = {name: File(bytes=len(text), sha256=hashlib.sha256(text).hexdigest()) for name, text in files.items()}
    return manifest.model_copy(update={"files": dict(sorted(found.items()))})


def text(manifest: Manifest) -> bytes:
    """Returns a manifest as JSON."""
    return f"{manifest.model_dump_json(indent=1)}\n".encode()


@contextmanager
def _beside(place: Path) -> Iterator[Path]:
    """Hands out a temporary folder beside a place; whatever lies in it in the end is removed.

    What killed processes left is removed first: each holds a lock on its folder, nearly from its beginning, while it
    lives.
    """
    start = f"{atomic.PREFIX}{place.name}-"
    for left in place.parent.glob(f"{atomic.PREFIX}*"):
        with suppress(FileNotFoundError):  # another process removes what it finds, too
            if left.name.startswith(start) and time.time() - left.lstat().st_mtime > YOUNG_S and left.is_dir():
                with _locked(left) as free:
                    if free:
                        shutil.rmtree(left, ignore_errors=True)
    temporary = Path(tempfile.mkdtemp(prefix=start, dir=place.parent))
    with _locked(temporary):
        try:
            temporary.chmod(0o755)
            yield temporary
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Holds the lock of a folder, which ends with the process; says whether it was free. Windows has no such lock."""
    try:
        import fcntl
    except ModuleNotFoundError:
        yield False
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        free = True
    except OSError:
        free = False
    try:
        yield free
    finally:
        os.close(handle)


def _take_place(temporary: Path, place: Path) -> None:
    """Makes a finished folder the one at a place; the one that lay there is at the temporary name then."""
    while True:
        try:
            temporary.rename(place)  # onto an empty folder, too
            return
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.EACCES, errno.EPERM) or not place.is_dir():
                raise
        if _exchanged(temporary, place):
            return
        aside = place.with_name(f"{temporary.name}-before")  # two steps, where the system has no single one
        with suppress(FileNotFoundError):
            place.rename(aside)
        try:
            temporary.rename(place)
        except OSError:
            with suppress(OSError):
                aside.rename(place)
            raise
        shutil.rmtree(aside, ignore_errors=True)
        return


def _exchanged(one: Path, other: Path) -> bool:
    """Has two names change places, where the system can."""
    if not sys.platform.startswith("linux"):
        return False
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    return rename is not None and rename(HERE, os.fsencode(one), HERE, os.fsencode(other), EXCHANGE) == 0
