"""Arriving: a file on its way here, which goes on where it was cut off and is hashed as it comes."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2

from fuseboard.store.embeddings.manifest import Shard
from fuseboard.store.errors import FuseboardError

CHUNK = 2**20


class Refused(FuseboardError):
    """What a server sends is not what was promised; asking again would bring the same."""


class Arriving:
    """A file on its way: what is there, and its hash so far."""

    def __init__(self, path: Path, shard: Shard, stop: threading.Event, advance: Callable[[int], None]) -> None:
        self._path, self._shard, self._stop, self._advance = path, shard, stop, advance
        self._have, self._digest = 0, hashlib.sha256()
        if path.exists():
            with path.open("rb") as file:
                while chunk := file.read(CHUNK):
                    self._count(chunk)
        if self._have > shard.bytes:
            self.start_over()

    def go_on(self, client: httpx2.Client, url: str) -> None:
        """Asks for what is missing and appends it."""
        if self._stop.is_set():
            raise KeyboardInterrupt
        if self._have == self._shard.bytes:
            return
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={self._have}-"} if self._have else {})
        with client.stream("GET", url, headers=headers) as answer:
            answer.raise_for_status()
            if answer.headers.get("Content-Type", "").startswith("text/html"):
                raise Refused("an HTML page instead of the file")
            if (coding := answer.headers.get("Content-Encoding", "identity")) != "identity":
                raise Refused(f"the server compressed it ({coding[:20]}) although asked not to")
            if self._have and not answer.headers.get("Content-Range", "").startswith(f"bytes {self._have}-"):
                self.start_over()
            offered = answer.headers.get("Content-Length", "")
            if offered.isdecimal() and self._have + int(offered) != self._shard.bytes:
                raise Refused(f"{self._have + int(offered)} bytes, the manifest says {self._shard.bytes}")
            with self._path.open("ab") as file:
                for chunk in _joined(answer.iter_raw()):
                    if self._stop.is_set():
                        raise KeyboardInterrupt
                    if self._have + len(chunk) > self._shard.bytes:
                        raise Refused(f"more than the {self._shard.bytes} bytes that the manifest says")
                    file.write(chunk)
                    self._count(chunk)
        if self._have < self._shard.bytes:
            raise httpx2.RemoteProtocolError(f"cut off after {self._have} of {self._shard.bytes} bytes")

    def check(self) -> None:
        """Raises unless the bytes are the promised ones."""
        if (digest := self._digest.hexdigest()) != self._shard.sha256:
            raise Refused(f"SHA-256 {digest[:12]}… is not the manifest's {self._shard.sha256[:12]}…")

    def start_over(self) -> None:
        """Removes what is there, unless it may be somebody else's by now."""
        if self._stop.is_set():
            raise KeyboardInterrupt
        self._path.unlink(missing_ok=True)
        self._advance(-self._have)
        self._have, self._digest = 0, hashlib.sha256()

    def _count(self, chunk: bytes) -> None:
        self._digest.update(chunk)
        self._have += len(chunk)
        self._advance(len(chunk))


def _joined(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Joins pieces as they come, because writing and hashing small ones costs a third of the speed."""
    waiting: list[bytes] = []
    try:
        for piece in pieces:
            waiting.append(piece)
            if len(waiting) >= 16:
                yield b"".join(waiting)
                waiting = []
    except httpx2.TransportError:  # what came before the connection was cut is kept
        yield b"".join(waiting)
        raise
    yield b"".join(waiting)
