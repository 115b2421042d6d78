"""This reads what other people handed in from the folder of submissions, for a page on which all of it is text."""

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from fuseboard.leaderboard.boards.board import Board
from fuseboard.leaderboard.boards.snapshot import Snapshot
from fuseboard.leaderboard.context.providers import Providers, no_providers
from fuseboard.store.embeddings import manifest as manifests
from fuseboard.store.embeddings.manifest import Manifest
from fuseboard.store.embeddings.stored_name import is_name
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.results import submission_file as statements
from fuseboard.store.results.submission_file import Statement

MAX_BYTES = 16 * 2**20
"""Bytes that a file may have."""
ORDER = ("active", "failing", "superseded", "withdrawn", "broken")
MAX_DATASETS = 40
"""Datasets of one submission that are named; a forged manifest could name a million."""
MAX_COUNT = 10**15
"""No count on the page is larger; JSON may hold numbers of thousands of digits, which nothing can divide."""


@dataclass(frozen=True)
class SubmissionEntry:
    """It is one folder of submissions. What cannot be read is None and has its reason in `broken`."""

    name: str
    statement: Statement | None = None
    manifest: Manifest | None = None
    broken: str | None = None
    fault: str | None = None
    """What its check finds wrong, without a look at its shards."""
    is_held: bool = False
    """Whether the store holds this very version."""
    boards: tuple[str, ...] = ()
    """Datasets on whose boards this very version is."""

    @property
    def status(self) -> str:
        """Return its status, or `broken`, or `failing` where it says that it is active and its check fails."""
        if self.statement is None:
            return "broken"
        return "failing" if self.fault and self.statement.status == "active" else self.statement.status

    @cached_property
    def url(self) -> str | None:
        """Return where the shards lie, made of parts that were validated one by one; None for a folder on somebody's
        disk."""
        assert self.statement is not None
        shards = self.statement.shards
        if shards.hub is not None:
            return f"https://huggingface.co/datasets/{shards.hub}/tree/{shards.revision}"
        if shards.zenodo is None:
            return None
        if shards.zenodo.startswith("10.5281/"):
            return f"https://doi.org/{shards.zenodo}"
        return f"https://sandbox.zenodo.org/records/{shards.zenodo.rpartition('.')[2]}"

    @cached_property
    def loading(self) -> str | None:
        """Return lines that load it, from validated parts; None where it is nowhere to be had."""
        assert self.statement is not None
        shards = self.statement.shards
        if self.status == "withdrawn" or self.url is None:
            return None
        if shards.hub is not None:
            return f"fuseboard store pull {shards.hub} --revision {shards.revision}"
        sandbox = "" if shards.zenodo and shards.zenodo.startswith("10.5281/") else " --sandbox"
        return f"fuseboard store pull {shards.zenodo}{sandbox}"

    @cached_property
    def datasets(self) -> list[tuple[str, str]]:
        """Return the first names, each with the rows of its splits."""
        assert self.manifest is not None
        return [
            (name, ", ".join(f"{split} {part.rows:,}" for split, part in entry.splits.items()))
            for name, entry in list(self.manifest.datasets.items())[:MAX_DATASETS]
        ]

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values, for programs."""
        statement, held = self.statement, self.manifest
        return {
            "name": self.name,
            "status": self.status,
            "broken": self.broken,
            "fault": self.fault,
            "statement": statement.model_dump(mode="json") if statement else None,
            "fingerprint": held.fingerprint if held else None,
            "about": held.about.model_dump(mode="json") if held else None,
            "datasets": sorted(held.datasets) if held else None,
            "boards": list(self.boards),
        }


def read(folder: Path | None, snapshot: Snapshot, sources: Providers | None = None) -> tuple[SubmissionEntry, ...]:
    """Return every submission of a folder, active ones first; one that is broken is among them and breaks nothing.

    Args:
        folder: of submissions; none has none.
        snapshot: the store, to say whether it holds them.
        sources: say what the check of a submission finds wrong, and which datasets are not shown.

    Raises:
        UsageError: there is no such folder.
    """
    if folder is None:
        return ()
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder of submissions; leave --submissions out, or name another")
    held = {(one.backbone, one.fingerprint) for one in snapshot.manifests}
    sources = sources or no_providers()
    folders = [path for path in folder.iterdir() if path.is_symlink() or path.is_dir()]
    found = [_read(path, held, snapshot.boards, sources) for path in folders]
    return tuple(sorted(found, key=lambda one: (ORDER.index(one.status), one.name)))


def _read(folder: Path, held: set[tuple[str, str]], boards: tuple[Board, ...], sources: Providers) -> SubmissionEntry:
    try:
        if folder.is_symlink() or not is_name(folder.name):
            raise FuseboardError("the folder is a link" if folder.is_symlink() else "the folder has no allowed name")
        statement = statements.parse(_bytes(folder / statements.FILE))
        manifest = manifests.parse(_bytes(folder / manifests.FILE), manifests.FILE, "hand in the store's own")
        if manifest.backbone != folder.name:
            raise FuseboardError(f"{manifests.FILE} is of {manifest.backbone}")
        rows = (part.rows for entry in manifest.datasets.values() for part in entry.splits.values())
        if any(abs(count) > MAX_COUNT for count in (manifest.dim, manifest.about.parameters or 0, *rows)):
            raise FuseboardError(f"{manifests.FILE} holds a number that cannot be meant")
    except (FuseboardError, OSError, RecursionError, ValueError) as error:
        return _broken(folder, error.strerror or "unreadable" if isinstance(error, OSError) else str(error))
    version = (folder.name, manifest.fingerprint)
    shown = {name: entry for name, entry in manifest.datasets.items() if not sources.hides(name)}
    fault = sources.fault(folder)
    for name in manifest.datasets.keys() - shown.keys():
        fault = fault and fault.replace(name, "a dataset of one's own")
    return SubmissionEntry(
        folder.name,
        statement,
        manifest.model_copy(update={"datasets": shown}),
        fault=fault,
        is_held=version in held,
        boards=tuple(_boards(version, boards)),
    )


def _boards(version: tuple[str, str], boards: tuple[Board, ...]) -> Iterator[str]:
    for dataset in sorted({board.dataset for board in boards}):
        own = (one for board in boards if board.dataset == dataset for one in board.versions)
        if any((one.backbone, one.fingerprint) == version for one in own):
            yield dataset


def _bytes(path: Path) -> bytes:
    """Return a plain file's bytes, as many as it may have."""
    if not path.exists() and not path.is_symlink():
        raise FuseboardError(f"{path.name} is not there")
    state = path.lstat()
    if not stat.S_ISREG(state.st_mode):
        raise FuseboardError(f"{path.name} is no plain file")
    if state.st_size > MAX_BYTES:
        raise FuseboardError(f"{path.name} has more than {MAX_BYTES:,} bytes")
    return path.read_bytes()


def _broken(folder: Path, why: str) -> SubmissionEntry:
    """Return an entry with a name that any page can hold: other letters are written with escapes."""
    name = folder.name if is_name(folder.name) else ascii(folder.name)[1:-1]
    return SubmissionEntry(name, broken=" ".join(why.split()))
