"""The files of a submission: only those four, plain, small and UTF-8; everything else is refused unread."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from fuseboard.harness.terminal.finding import Finding
from fuseboard.store.embeddings import manifest
from fuseboard.store.files import nofollow
from fuseboard.store.results import submission_file

README = "README.md"
LIMITS = {manifest.CARD: 64 * 2**10, manifest.FILE: 16 * 2**20, submission_file.FILE: 64 * 2**10, README: 256 * 2**10}
"""Name of a file -> bytes that it may have."""

NEEDED = (manifest.CARD, manifest.FILE, submission_file.FILE)
SUBMISSIONS = "submissions"
MAX_LISTED = 20
"""Foreign files that are named one by one in findings."""


def read(folder: Path) -> tuple[dict[str, bytes], list[Finding]]:
    """The bytes of the files that may be read, and what is wrong with the others."""
    found: dict[str, bytes] = {}
    findings = list(_links(folder))
    if findings:
        return found, findings
    foreign = []
    for name in sorted(os.listdir(folder)):
        if name not in LIMITS:
            foreign.append(_wrong(f"{name!a} does not belong here", f"keep only {', '.join(LIMITS)}"))
            continue
        content = content_of(folder / name, LIMITS[name])
        if isinstance(content, bytes):
            found[name] = content
        else:
            findings.append(content)
    findings += foreign[:MAX_LISTED]
    if len(foreign) > MAX_LISTED:
        findings.append(
            _wrong(f"{len(foreign) - MAX_LISTED} more do not belong here", f"keep only {', '.join(LIMITS)}")
        )
    for name in NEEDED:
        if not os.path.lexists(folder / name):
            source = "`fuseboard submission new` writes one" if name == submission_file.FILE else _FROM_STORE
            findings.append(Finding("missing", "files", f"{name} is not there", source))
    return found, findings


_FROM_STORE = "copy it from the version's folder in your store"


def _links(folder: Path) -> Iterator[Finding]:
    """The folder, and those between it and `submissions`, must be folders themselves."""
    parts = [folder, *folder.parents]
    below = next((n for n, part in enumerate(parts[1:], 1) if part.name == SUBMISSIONS), 1)
    for part in parts[:below]:
        if part.is_symlink():
            yield _wrong(f"the folder {part.name!a} is a link", "hand in the folder itself")


def content_of(path: Path, limit: int) -> bytes | Finding:
    """A file's bytes. It is opened only when it is a plain file, and judged again by what was opened."""
    name = path.name
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return _wrong(f"'{name}' does not belong here: it is a link, a folder or a device", "hand in a plain file")
        with nofollow.opened(path) as file:
            state = os.fstat(file.fileno())
            if not stat.S_ISREG(state.st_mode):
                return _wrong(f"'{name}' is not a plain file", "hand in a plain file")
            if state.st_nlink > 1:
                return _wrong(f"'{name}' is another file too (a hard link)", "hand in a copy of it")
            content = file.read(limit + 1)
    except OSError as error:
        return _wrong(f"'{name}' cannot be read: {error.strerror}", "look at its permissions")
    if len(content) > limit:
        return _wrong(f"{name} has more than {limit:,} bytes", "hand in what the store or the template wrote")
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        return _wrong(f"{name} is not UTF-8 from byte {error.start} on", "save it as UTF-8")
    return content


def _wrong(message: str, fix: str) -> Finding:
    return Finding("wrong", "files", message, fix)
