"""The file system through which DuckDB reads a file under its literal name."""

from pathlib import Path
from typing import Any

from fsspec.implementations.local import LocalFileSystem

PREFIX = "literal://"
"""Before an absolute path it makes a name in which no character is a pattern."""


class LiteralFileSystem(LocalFileSystem):  # type: ignore[misc]
    """Local files, to be read, one by one."""

    protocol = PREFIX.removesuffix("://")

    @classmethod
    def _strip_protocol(cls, path: Any) -> str:
        return str(path).removeprefix(PREFIX)

    def glob(self, path: str, **_: Any) -> list[str]:
        """Returns the name itself where a file has it; one with `..` leads around the folders that may be read."""
        found = Path(self._strip_protocol(path))
        return [path] if ".." not in found.parts and found.is_file() else []

    def _open(self, path: str, mode: str = "rb", block_size: int | None = None, **options: Any) -> Any:
        if mode != "rb":
            raise PermissionError(path)
        return super()._open(path, mode, block_size, **options)
