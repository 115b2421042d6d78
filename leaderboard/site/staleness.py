"""A site is stale when what it was made from has changed, so that a build that would change nothing does nothing.

Nothing here may import what pages are made with: looking takes a moment, importing takes longer.
"""

import hashlib
import json
import os
import platform
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Any

from fuseboard.leaderboard.context.providers import Providers
from fuseboard.leaderboard.output.build_info import builder
from fuseboard.leaderboard.output.replace_folder import MARKER
from fuseboard.leaderboard.rows.shown_store import datasets_in
from fuseboard.store.store import Store

CODE = (Path(__file__).parents[1], Path(__file__).parents[2] / "store")
"""Everything in them makes the site what it is: code, templates, static files, published figures."""
NOT_CODE = {"__pycache__", "node_modules"}
LIBRARIES = ("fuseboard", "jinja2", "markupsafe", "numpy", "polars", "pyarrow", "pydantic", "vl-convert-python")
READ = ("embeddings", "profiles", "results", "similarity")
"""Folders of the store that the pages are made from."""
DERIVED = "intervals"
"""A folder of the store that a build reads and adds to."""
TEMPORARY = "."
"""How names of files begin that are still being written, which no reader looks at."""

State = Mapping[str, tuple[int, int]]
"""Path -> size in bytes and time of the last change in nanoseconds."""


@dataclass(frozen=True)
class Inputs:
    """They are what goes into a site, looked at before any of it is read: what changes meanwhile is found by the next
    build."""

    store: Store
    facts: Mapping[str, Any]

    @classmethod
    def of(
        cls,
        store: Store,
        submitted: Path | None,
        sources: Providers,
        url: str,
        kept: Path | None = None,
        more: Mapping[str, bytes] = MappingProxyType({}),
    ) -> "Inputs":
        """Looks; arguments as `site.build` takes them."""
        facts = {
            "url": url,
            "builder": builder(),
            "python": platform.python_version(),
            "libraries": {name: version(name) for name in LIBRARIES},
            "code": {folder.name: _hashes(folder, NOT_CODE) for folder in CODE},
            "store": {name: _state(store.root / name) for name in READ},
            "hidden": [name for name in datasets_in(store.root) if sources.hides(name)],
            "more": {path: hashlib.sha256(content).hexdigest() for path, content in more.items()},
            "releases": None if kept is None else _state(kept),
            "submissions": None if submitted is None else _state(submitted),
            "elsewhere": {str(path): _look(path) for path in sources.files()},
        }
        return cls(store, facts)

    @property
    def digest(self) -> str:
        """Hash all of it, the intervals as they lie there now: the build itself adds to them, with what follows from
        the rest."""
        text = json.dumps({**self.facts, "intervals": _state(self.store.root / DERIVED)}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def made(folder: Path, inputs: Inputs) -> str:
    """Return the content of the marker of a finished site."""
    content = {
        "about": "A site built by fuseboard. It is replaced as a whole by the next build that changes anything.",
        "inputs": inputs.digest,
        "files": _hashes(folder),
    }
    return json.dumps(content, indent=1, sort_keys=True) + "\n"


def is_current(out: Path, inputs: Inputs) -> bool:
    """Tell whether a folder is the site of these inputs, with every file as it was written, and no other."""
    try:
        marker = json.loads((out / MARKER).read_bytes())
    except (OSError, ValueError):  # none yet, or one of before there was a stamp
        return False
    if not isinstance(marker, dict) or marker.get("inputs") != inputs.digest:
        return False
    found = _hashes(out)
    found.pop(MARKER, None)
    return found == marker.get("files")


def _hashes(folder: Path, without: Iterable[str] = ()) -> dict[str, str | None]:
    return {path.relative_to(folder).as_posix(): _hash(path) for path in sorted(_files(folder, set(without)))}


def _hash(path: Path) -> str | None:
    """Hash a file; None for a link, which no build makes, and for what cannot be read."""
    try:
        return None if path.is_symlink() else hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None


def _state(folder: Path) -> State:
    found = ((path, _look(path)) for path in _files(folder) if not path.name.startswith(TEMPORARY))
    return {path.relative_to(folder).as_posix(): seen for path, seen in found if seen is not None}


def _look(path: Path) -> tuple[int, int] | None:
    """Return size and time of the last change; None for what is not there."""
    try:
        seen = path.lstat()
    except OSError:
        return None
    return seen.st_size, seen.st_mtime_ns


def _files(folder: Path, without: Iterable[str] = ()) -> Iterator[Path]:
    """Yield every file, and every link to a folder as itself."""
    for name, folders, files in os.walk(folder):
        here = Path(name)
        yield from (here / file for file in files)
        yield from (here / one for one in folders if (here / one).is_symlink())
        folders[:] = [one for one in folders if one not in without]
