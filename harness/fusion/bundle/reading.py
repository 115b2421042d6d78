"""The files of a bundle as bytes: out of a folder or a zip, none of which is unpacked, followed or trusted."""

import hashlib
import os
import stat
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from fuseboard.harness.fusion.bundle.manifest import FILE, LIMIT, MOST_FILES, Manifest, parse
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.files import nofollow

TRIES = 3
"""Times that a folder is read which is replaced meanwhile."""
RATIO = 200
"""Times that a file of a zip may be larger than what it is packed into; numbers pack to a half, names to a tenth."""
SMALL = 2**20
"""Bytes below which that is not asked."""


class Container(Protocol):
    """What holds the files."""

    def names(self) -> list[str]:
        """Returns the names of all files that count; those that begin with a point do not."""

    def read(self, name: str, limit: int) -> bytes:
        """Returns a file, of which no more than `limit` bytes are read; raises where there are more."""


def read(path: Path) -> tuple[Manifest, Mapping[str, bytes]]:
    """Returns the manifest of a bundle and its other files, each with the size and the hash that the manifest says.

    Raises:
        UsageError: there is no such folder or zip.
        FuseboardError: it is no bundle, one of another format, damaged, or made to do harm; the first reason is said.
    """
    if path.is_dir():
        for _ in range(TRIES):
            with _held(path) as number:
                try:
                    return _read(_Folder(path), str(path))
                except FuseboardError:
                    if not path.is_dir() or path.stat().st_ino == number:
                        raise
        raise FuseboardError(f"{path}: it is replaced again and again while it is read; try when that is done")
    if not path.is_file():
        raise UsageError(f"{path}: no such folder or zip; `fuseboard fuse train` makes one")
    try:
        with zipfile.ZipFile(path) as archive:
            return _read(_Zip(archive, str(path)), str(path))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise FuseboardError(
            f"{path}: neither a folder nor a zip that can be read ({error}); nothing was loaded"
        ) from error


@contextmanager
def _held(path: Path) -> Iterator[int]:
    """Yields the number of a folder, which no other one is given before the end, although this one may be gone."""
    if not hasattr(os, "O_DIRECTORY"):
        yield path.stat().st_ino
        return
    held = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield os.fstat(held).st_ino
    finally:
        os.close(held)


def _read(container: Container, where: str) -> tuple[Manifest, Mapping[str, bytes]]:
    names = container.names()
    if FILE not in names:
        raise FuseboardError(f"{where}: there is no {FILE}, so it is no bundle")
    manifest = parse(container.read(FILE, LIMIT), where)
    if strange := sorted(set(names) - set(manifest.files) - {FILE}):
        raise FuseboardError(
            f"{where}: {strange[0][:100]!r} is no part of the bundle; remove it, or get the bundle again"
        )
    if lacking := sorted(set(manifest.files) - set(names)):
        raise FuseboardError(f"{where}: {lacking[0]} is missing; get the bundle again")
    files = {}
    for name, facts in manifest.files.items():
        content = container.read(name, facts.bytes)
        if len(content) != facts.bytes or hashlib.sha256(content).hexdigest() != facts.sha256:
            raise FuseboardError(
                f"{where}: {name} is not the file that {FILE} says (other size or SHA-256); get the bundle again"
            )
        files[name] = content
    return manifest, files


class _Folder:
    """A folder; the hashes of the manifest tell where another bundle took its place while it was read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def names(self) -> list[str]:
        """Returns the names of files, and of whatever else lies there."""
        return [name for name in os.listdir(self._path) if not name.startswith(".")]

    def read(self, name: str, limit: int) -> bytes:
        """Opens no link, no pipe and no device."""
        where = self._path / name
        try:
            with nofollow.opened(where) as file:
                facts = os.fstat(file.fileno())
                if not stat.S_ISREG(facts.st_mode):
                    raise FuseboardError(f"{where}: no plain file; nothing was loaded")
                content = file.read(limit + 1)
        except OSError as error:
            reason = "a link" if where.is_symlink() else error.strerror
            raise FuseboardError(f"{where}: not readable ({reason}); nothing was loaded") from error
        return _at_most(content, limit, str(where))


class _Zip:
    """A zip, perhaps with one folder around everything, as one gets by packing a folder."""

    def __init__(self, archive: zipfile.ZipFile, where: str) -> None:
        self._archive, self._where = archive, where
        infos = archive.infolist()
        if len(infos) > MOST_FILES:
            raise FuseboardError(f"{where}: {len(infos):,} files, more than a bundle has; nothing was loaded")
        around = self._around([info.filename for info in infos])
        self._infos: dict[str, zipfile.ZipInfo] = {}
        for info in infos:
            name = info.filename.removeprefix(around)
            if not name or _is_hidden(name) or info.filename.startswith("__MACOSX/"):
                continue
            self._add(name, info)

    def _around(self, names: list[str]) -> str:
        """Returns the folder that holds everything, with its slash; empty where nothing or several do."""
        tops = {name.partition("/")[0] + "/" for name in names if not name.startswith("__MACOSX/")}
        if FILE in names or len(tops) != 1 or not all("/" in name for name in names):
            return ""
        (top,) = tops
        return "" if top in ("/", "./", "../") else top

    def _add(self, name: str, info: zipfile.ZipInfo) -> None:
        kind = info.external_attr >> 16
        if "/" in name or "\\" in name or info.is_dir():
            raise FuseboardError(
                f"{self._where}: {info.filename[:100]!r} is no plain name of a file; nothing was loaded"
            )
        if stat.S_IFMT(kind) not in (0, stat.S_IFREG):
            raise FuseboardError(f"{self._where}: {name[:100]!r} is a link or a device; nothing was loaded")
        if info.flag_bits & 0x1:
            raise FuseboardError(f"{self._where}: {name[:100]!r} is encrypted; nothing was loaded")
        if name in self._infos:
            raise FuseboardError(f"{self._where}: {name[:100]!r} is in it twice; nothing was loaded")
        if info.file_size > max(SMALL, RATIO * info.compress_size):
            raise FuseboardError(
                f"{self._where}: {name[:100]!r} would be {info.file_size:,} bytes out of {info.compress_size:,} (a "
                "guard against decompression bombs); nothing was loaded"
            )
        self._infos[name] = info

    def names(self) -> list[str]:
        """Returns the names of files, without the folder around them."""
        return list(self._infos)

    def read(self, name: str, limit: int) -> bytes:
        """Unpacks into memory."""
        with self._archive.open(self._infos[name]) as file:
            return _at_most(file.read(limit + 1), limit, f"{self._where}: {name}")


def _is_hidden(name: str) -> bool:
    """Whether a file, or the folder that it lies in, is one of those that begin with a point."""
    top = name.partition("/")[0]
    return top.startswith(".") and top.strip(".") != ""


def _at_most(content: bytes, limit: int, where: str) -> bytes:
    if len(content) > limit:
        raise FuseboardError(f"{where}: more than the {limit:,} bytes that it may have; nothing was loaded")
    return content
