"""Git objects: trees and files of a commit, read one by one out of a repository that is never checked out.

A checkout would run what a foreign tree asks for (filters, links, hooks of submodules), and a listing of all its paths
may be endless, because a small tree can hold itself a thousand times. Here every object is asked for by its hash, after
its kind and size, and nothing of it is run.
"""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from fuseboard.store.errors import FuseboardError

MAX_TREE_BYTES = 2**20
"""Bytes that the listing of one folder may have: 20,000 entries."""

PLAIN, FOLDER = "100644", "40000"
KINDS = {"120000": "a symbolic link", "160000": "a submodule", "100755": "executable", FOLDER: "a folder"}
"""Modes of tree entries that are no plain file (git-fast-import(1))."""


@dataclass(frozen=True)
class Entry:
    """A line of a tree: what lies there under a name."""

    mode: str
    sha: str

    @property
    def kind(self) -> str:
        """What it is, in words."""
        return KINDS.get(self.mode, f"of mode {self.mode[:8]}")


@dataclass(frozen=True)
class Repository:
    """A repository of git, read only. What a foreign commit can bring along (replacements, attributes) has no say."""

    folder: Path

    def resolve(self, reference: str) -> str:
        """The hash that a reference stands for, of a commit or of a tag's own object."""
        if reference.startswith("-"):
            raise FuseboardError(f"{reference[:40]!a} is no reference of git")
        found = self._git("rev-parse", "--verify", "--quiet", reference).decode().strip()
        if not re.fullmatch(r"[0-9a-f]{40}", found):
            raise FuseboardError(f"{self.folder}: there is no {reference[:100]!a}; fetch it first")
        return found

    def merge_base(self, one: str, other: str) -> str:
        """The last commit that two have in common."""
        found = self._git("merge-base", one, other).decode().strip()
        if not found:
            raise FuseboardError(f"{one} and {other} share no history; begin from a commit of the main branch")
        return found

    def root(self, commit: str) -> dict[str, Entry]:
        """The topmost folder of a commit.

        Raises:
            FuseboardError: the hash is of something else, such as a tag.
        """
        head = self.read(commit, "commit", MAX_TREE_BYTES).partition(b"\n")[0]
        return self.tree(head.removeprefix(b"tree ").decode())

    def tree(self, sha: str) -> dict[str, Entry]:
        """A folder's entries. Letters of a name that are not UTF-8 become escapes."""
        entries: dict[str, Entry] = {}
        data = self.read(sha, "tree", MAX_TREE_BYTES)
        while data:
            line, _, data = data.partition(b"\0")
            mode, _, name = line.partition(b" ")
            path = name.decode("utf-8", "backslashreplace")
            if path in entries:
                raise FuseboardError(f"a folder of the commit holds {path[:100]!a} twice; commit it with git itself")
            entries[path] = Entry(mode.decode("ascii", "replace").lstrip("0"), data[:20].hex())
            data = data[20:]
        return entries

    def read(self, sha: str, kind: str, limit: int) -> bytes:
        """An object's bytes, asked for only when it is of the kind and no larger than the limit."""
        answer = self._git("cat-file", "--batch-check", stdin=sha.encode() + b"\n").decode().split()
        if len(answer) != 3:
            raise FuseboardError(f"{self.folder}: there is no object {sha}; fetch the commit first")
        if answer[1] != kind:
            raise FuseboardError(f"{sha} is a {answer[1]}, not a {kind}; give the hash of the commit itself")
        if int(answer[2]) > limit:
            raise FuseboardError(f"a {kind} of {int(answer[2]):,} bytes; {limit:,} are allowed")
        return self._git("cat-file", kind, sha)

    def _git(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """What git answers; it ends with 1 where it finds nothing, and with more where it cannot look."""
        quiet = {"GIT_NO_REPLACE_OBJECTS": "1", "GIT_GRAFT_FILE": os.devnull, "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}
        command = ["git", "-C", str(self.folder), "--no-pager", *arguments]
        ran = subprocess.run(command, input=stdin, capture_output=True, env={**os.environ, **quiet}, check=False)
        if ran.returncode > 1:
            message = ran.stderr.decode("utf-8", "replace").strip()[:300]
            raise FuseboardError(
                f"git {arguments[0]}: {message or ran.returncode}; is {self.folder} a whole repository?"
            )
        return ran.stdout
