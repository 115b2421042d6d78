"""A folder of this machine as a remote, trusted no more than one that is far away."""

import hashlib
import os
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from fuseboard.store.embeddings.manifest import Shard
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files import nofollow
from fuseboard.store.files.atomic import PREFIX
from fuseboard.store.remotes import pull
from fuseboard.store.remotes.partial_download import CHUNK

MEND = "extract or pull that version again"


@dataclass(frozen=True)
class LocalFolder:
    """Takes shards out of a version's folder: as a second name of the same file where that is possible, else a copy."""

    where: str

    def download(
        self, url: str, path: Path, shard: Shard, stop: threading.Event, advance: Callable[[int], None] = lambda n: None
    ) -> None:
        """Takes the file at the path `url` and hashes what was taken; what turns out wrong is removed."""
        path.parent.mkdir(parents=True, exist_ok=True)
        taken = path.with_name(f"{PREFIX}{path.name}")  # under its own name a later transfer would add to it
        taken.unlink(missing_ok=True)
        try:
            is_linked = _link(Path(url), taken)
            begun, target = (taken, os.devnull) if is_linked else (Path(url), taken)
            with _regular(self.where, begun) as source, open(target, "wb") as file:
                found = _pass(url, source, file, shard, stop, advance)
            if found != shard.sha256:
                raise FuseboardError(
                    f"{url}: SHA-256 {found[:12]}… is not the manifest's {shard.sha256[:12]}…: other vectors; {MEND}"
                )
            taken.replace(path)
        finally:
            taken.unlink(missing_ok=True)


def _link(source: Path, path: Path) -> bool:
    """Gives a file a second name, on one file system and where it is one's own to write."""
    try:
        if not os.access(source, os.W_OK, follow_symlinks=False):
            return False
        os.link(source, path, follow_symlinks=False)
    except (OSError, NotImplementedError):
        return False
    return True


def _pass(
    url: str, source: BinaryIO, file: BinaryIO, shard: Shard, stop: threading.Event, advance: Callable[[int], None]
) -> str:
    """Copies exactly the bytes of a shard, and returns their SHA-256; raises where there are more or fewer."""
    digest, left = hashlib.sha256(), shard.bytes
    while chunk := source.read(min(CHUNK, left + 1)):  # one byte more than promised tells that it is another file
        if stop.is_set():
            raise KeyboardInterrupt
        left -= len(chunk)
        if left < 0:
            raise FuseboardError(f"{url}: more than the {shard.bytes} bytes that the manifest says; {MEND}")
        digest.update(chunk)
        file.write(chunk)
        advance(len(chunk))
    if left:
        raise FuseboardError(f"{url}: {shard.bytes - left} bytes, the manifest says {shard.bytes}; {MEND}")
    return digest.hexdigest()


@dataclass(frozen=True)
class LocalRemote:
    """A version's folder in another store."""

    folder: Path
    revision: str | None = None

    @property
    def server(self) -> LocalFolder:
        """What the progress bar names as the source."""
        return LocalFolder(self.origin)

    @property
    def origin(self) -> str:
        """The folder that versions are copied from."""
        return str(self.folder)

    def text(self, name: str, limit: int) -> bytes | None:
        """Returns a small file of the folder, or None when it has none."""
        if not os.path.lexists(self.folder / name):
            return None
        with _regular(self.origin, self.folder / name) as file:
            text = file.read(limit + 1)
        if len(text) > limit:
            raise FuseboardError(f"{self.origin}: {name} has more than the {limit} bytes it may have; {MEND}")
        return text

    def address(self, dataset: str, shard: Shard) -> str:
        """Returns the path of a shard, after comparing its size with the manifest's."""
        path = self.folder / dataset / shard.file
        if path.parent.is_symlink() or path.is_symlink():
            raise FuseboardError(f"{path}: nothing is read through a symbolic link; replace it by what it points to")
        size = path.lstat().st_size if path.is_file() else None
        pull.expect(self.origin, f"{dataset}/{shard.file}", size, shard, MEND)
        return str(path)


@contextmanager
def _regular(where: str, path: Path) -> Iterator[BinaryIO]:
    """Opens a plain file: no link is followed, and no pipe or device waited for."""
    try:
        opened = nofollow.opened(path)
    except OSError as error:
        raise FuseboardError(f"{where}: {path.name} cannot be read ({error.strerror}); {MEND}") from error
    with opened as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise FuseboardError(f"{where}: {path.name} is not a plain file; {MEND}")
        yield file
