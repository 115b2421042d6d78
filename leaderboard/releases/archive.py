"""An archive is a release in one file: the same bytes for the same content, and checked before it is believed."""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from pydantic import ValidationError

from fuseboard.leaderboard.releases.facts import Record, Release
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files import atomic, model_faults, nofollow

RECORD = "release.json"
SUFFIX = ".zip"
MAX_BYTES = 2**31
"""Bytes that a release may have when it is unpacked."""
MOMENT = (1980, 1, 1, 0, 0, 0)
"""The date of every file in an archive, which therefore says nothing: the earliest that the format knows."""


@dataclass(frozen=True)
class Archive:
    """It is a checked release."""

    path: Path
    content: bytes
    record: Record

    @cached_property
    def sha256(self) -> str:
        """Hash the file, for whoever holds a copy of it."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def name(self) -> str:
        """Return the name of the release."""
        return self.record.name

    def read(self, path: str) -> bytes:
        """Return one file of the release; raises FileNotFoundError where it has no such file."""
        if path not in self.record.files:
            raise FileNotFoundError(path)
        with zipfile.ZipFile(io.BytesIO(self.content)) as opened:
            return opened.read(path)

    def unpack(self, folder: Path) -> None:
        """Write every file of the release into a folder that is not there yet."""
        with zipfile.ZipFile(io.BytesIO(self.content)) as opened:
            for name in (RECORD, *self.record.files):
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(opened.read(name))


def write(path: Path, release: Release, files: Mapping[str, bytes]) -> None:
    """Write an archive that is not there yet.

    Args:
        path: of the archive, in a folder that may be missing.
        release: what it is.
        files: path -> content, without `release.json`.

    Raises:
        FuseboardError: there is something of that name already.
    """
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())}
    record = Record(**release.model_dump(), files=digests)
    text = json.dumps(record.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n"
    with atomic.replacing(path) as temporary:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as opened:
            for name, content in ((RECORD, text.encode()), *sorted(files.items())):
                opened.writestr(_entry(name), content)
        read(temporary, release.name)
        refuse_taken(path)


def refuse_taken(path: Path) -> None:
    """Raise where a release is there already, whatever case its name is written in: it is never written again."""
    taken = [other for other in path.parent.glob("*") if other.name.lower() == path.name.lower()]
    if taken:
        raise FuseboardError(f"{taken[0]}: is there already, and a release is never written again; take another name")


def read(path: Path, name: str | None = None) -> Archive:
    """Return an archive that is whole.

    Args:
        path: of the archive.
        name: of the release; by default what the file is called.

    Raises:
        FuseboardError: it is damaged, too large, or not the release that it is called.
    """
    try:
        with nofollow.opened(path) as file:
            content = file.read()
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            record = _record(opened)
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise FuseboardError(
            f"{path}: is no whole release ({_reason(error)}); restore the file, or take it away"
        ) from error
    if record.name != (name or path.name.removesuffix(SUFFIX)):
        raise FuseboardError(f"{path}: is the release {record.name}; call the file {record.name}{SUFFIX}")
    return Archive(path, content, record)


def _record(opened: zipfile.ZipFile) -> Record:
    members = {member.filename: member for member in opened.infolist()}
    if len(members) != len(opened.infolist()):
        raise ValueError("a file stands in it twice")
    if sum(member.file_size for member in members.values()) > MAX_BYTES:
        raise ValueError(f"more than {MAX_BYTES:,} bytes")
    if RECORD not in members:
        raise ValueError(f"it has no {RECORD}")
    record = Record.model_validate_json(opened.read(RECORD))
    if members.keys() - {RECORD} != record.files.keys():
        raise ValueError(f"its files are not those of its {RECORD}")
    for name, digest in record.files.items():
        if not _stays_inside(name):
            raise ValueError("a path leads out of it")
        if hashlib.sha256(opened.read(name)).hexdigest() != digest:
            raise ValueError(f"{name} has another SHA-256 than its {RECORD} says")
    return record


def _stays_inside(name: str) -> bool:
    parts = PurePosixPath(name).parts
    plain = name.isascii() and name.isprintable() and not set(name) & set('\\:*?"<>|')
    return plain and name == "/".join(parts) and not set(parts) & {"..", ".", "/"} and not name.startswith("/")


def _entry(name: str) -> zipfile.ZipInfo:
    """Return an entry that is the same on every system."""
    entry = zipfile.ZipInfo(name, MOMENT)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3
    entry.external_attr = 0o644 << 16
    return entry


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return f"{RECORD}: {model_faults.without_input(error)}"
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
