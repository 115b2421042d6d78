"""Compiled templates lie beside what Python compiled itself: compiling them anew takes as long as filling a small
site."""

import contextlib
import hashlib
import marshal
import os
import shutil
import sys
import tempfile
from importlib.util import cache_from_source
from pathlib import Path

import jinja2
from jinja2.bccache import Bucket

FILE = Path(cache_from_source(__file__)).with_suffix(".templates")
PACKAGES = (Path(__file__).parents[1], Path(__file__).parents[2] / "store")
"""Whose functions a template may call while it is compiled, where their arguments are constants."""
NOT_CODE = {"__pycache__", "node_modules"}


class CompiledTemplates(jinja2.BytecodeCache):
    """They are kept for this process, and for later ones that run the same code.

    Args:
        file: where they lie. One that cannot be read or written is no fault: templates are compiled without it.
    """

    def __init__(self, file: Path = FILE) -> None:
        self._file, self._code = file, _code()
        self._kept = self._read()
        self._is_new = False

    def load_bytecode(self, bucket: Bucket) -> None:
        """Load a template; Jinja compiles it anew where it has changed by now."""
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep one compiled template."""
        self._kept[bucket.key] = bucket.bytecode_to_string()
        self._is_new = True

    def save(self) -> None:
        """Keep those of this process for others, unless Python itself may keep nothing."""
        if self._is_new and not sys.dont_write_bytecode:
            self._is_new = False
            with contextlib.suppress(OSError):
                self._write()

    def _read(self) -> dict[str, bytes]:
        try:
            content = self._file.read_bytes()
            return dict(marshal.loads(content[len(self._code) :])) if content.startswith(self._code) else {}
        except (OSError, EOFError, TypeError, ValueError):
            return {}

    def _write(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=self._file.name, dir=self._file.parent)
        try:
            with open(handle, "wb") as file:
                file.write(self._code + marshal.dumps(self._kept))
            shutil.copymode(__file__, name)  # readable by all who can read this
            os.replace(name, self._file)
        finally:
            with contextlib.suppress(OSError):
                os.unlink(name)


def _code() -> bytes:
    """Return a digest of everything that decides what a template becomes, but for the templates, which Jinja hashes."""
    found = [jinja2.__version__]
    for package in PACKAGES:
        for folder, inner, files in os.walk(package):
            inner[:] = sorted(set(inner) - NOT_CODE)
            for name in sorted(files):
                if name.endswith(".py"):
                    seen = os.stat(os.path.join(folder, name))
                    found.append(f"{folder}/{name} {seen.st_size} {seen.st_mtime_ns}")
    return hashlib.sha256("\n".join(found).encode()).digest()
