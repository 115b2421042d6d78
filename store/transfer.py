"""Transfer: HTTP that asks again when a server is busy, and files that arrive whole or are gone on with later."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import stamina

from store.errors import FuseboardError
from store.manifest import Shard

ATTEMPTS = 6
LONGEST_PAUSE_S = 30.0
BUSY = (429, 500, 502, 503, 504)
CHUNK = 2**20
TIMEOUT = httpx2.Timeout(60.0)


class Refused(FuseboardError):
    """What a server sends is not what was promised; asking again would bring the same."""


@dataclass(frozen=True)
class Server:
    """One place to talk to: the client that carries its token, and how messages speak of it."""

    client: httpx2.Client
    where: str
    """How messages name it, such as `ORG/NAME at main`."""
    missing: str
    """What a 404 means here, with the mend."""
    login: str
    """How one gets the permission that a 401 or 403 says is lacking."""

    def ask(self, method: str, url: str, json: Any = None) -> Any:
        """One request with a JSON answer (None where it has no body), repeated while the server is busy."""
        with self._speaking():
            for attempt in _attempts():
                with attempt:
                    answer = self.client.request(method, url, json=json)
                    answer.raise_for_status()
        try:
            return answer.json() if answer.content else None
        except ValueError as error:
            raise FuseboardError(f"{self.where}: the answer is not JSON; check the address, or try later") from error

    def text(self, url: str, limit: int) -> bytes:
        """A small file; more than `limit` bytes are refused, and never read."""
        with self._speaking():
            for attempt in _attempts():
                with attempt, self.client.stream("GET", url) as answer:
                    answer.raise_for_status()
                    text = b""
                    for chunk in answer.iter_bytes(CHUNK):
                        text += chunk
                        if len(text) > limit:
                            raise Refused(f"{self.where}: a file has more than the {limit} bytes it may have")
        return text

    def upload(self, url: str, path: Path) -> Any:
        """Streams a file to an address by PUT and returns the JSON answer; a busy server gets it again from the start."""
        with self._speaking():
            for attempt in _attempts():
                with attempt, path.open("rb") as file:
                    size = {"Content-Length": str(path.stat().st_size), "Content-Type": "application/octet-stream"}
                    chunks = iter(lambda: file.read(CHUNK), b"")
                    answer = self.client.put(url, content=chunks, headers=size)
                    answer.raise_for_status()
        return answer.json()

    def download(
        self, url: str, path: Path, shard: Shard, stop: threading.Event, advance: Callable[[int], None] = lambda n: None
    ) -> None:
        """Streams a shard to `path`, going on where an earlier attempt was cut off, and holds it against its SHA-256.

        Args:
            url: where it is.
            path: where it goes; what lies there is taken for its beginning. What turns out wrong is removed.
            shard: the size and SHA-256 it must have. No byte more than that size is written.
            stop: once set, the transfer ends at the next megabyte.
            advance: called with the bytes as they come.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        began_with = path.stat().st_size if path.exists() else 0
        arriving = _Arriving(path, shard, stop, advance)
        try:
            with self._speaking():
                for attempt in _attempts():
                    with attempt:
                        arriving.go_on(self.client, url)
            arriving.check()
        except Refused as error:
            path.unlink(missing_ok=True)
            if began_with:  # the beginning may have been what was wrong
                return self.download(url, path, shard, stop, advance)
            raise FuseboardError(f"{self.where}: what came as {path.name} was refused: {error}") from error

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        """Turns what the client raises into one line with the mend."""
        try:
            yield
        except httpx2.HTTPStatusError as error:
            status = error.response.status_code
            if status in (404, 410):
                raise FuseboardError(f"{self.where}: {self.missing}") from error
            if status in (401, 403):
                raise FuseboardError(f"{self.where}: refused (HTTP {status}); {self.login}") from error
            if status in BUSY:
                raise FuseboardError(
                    f"{self.where}: HTTP {status} at each of {ATTEMPTS} attempts; run the same command again later"
                ) from error
            raise FuseboardError(f"{self.where}: HTTP {status}{_said(error.response)}") from error
        except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL) as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            raise FuseboardError(
                f"{self.where}: the transfer failed ({reason}); run the same command again to go on"
            ) from error


class _Arriving:
    """A file on its way: what is there, and its hash so far."""

    def __init__(self, path: Path, shard: Shard, stop: threading.Event, advance: Callable[[int], None]) -> None:
        self._path, self._shard, self._stop, self._advance = path, shard, stop, advance
        self._have, self._digest = 0, hashlib.sha256()
        if path.exists():
            with path.open("rb") as file:
                while chunk := file.read(CHUNK):
                    self._count(chunk)
        if self._have > shard.bytes:
            self._start_over()

    def go_on(self, client: httpx2.Client, url: str) -> None:
        """Asks for what is missing and appends it."""
        if self._have == self._shard.bytes:
            return
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={self._have}-"} if self._have else {})
        with client.stream("GET", url, headers=headers) as answer:
            answer.raise_for_status()
            if self._have and not answer.headers.get("Content-Range", "").startswith(f"bytes {self._have}-"):
                self._start_over()
            offered = answer.headers.get("Content-Length", "")
            if offered.isdecimal() and self._have + int(offered) != self._shard.bytes:
                raise Refused(f"{self._have + int(offered)} bytes, the manifest says {self._shard.bytes}")
            with self._path.open("ab") as file:
                for chunk in answer.iter_raw(CHUNK):
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

    def _count(self, chunk: bytes) -> None:
        self._digest.update(chunk)
        self._have += len(chunk)
        self._advance(len(chunk))

    def _start_over(self) -> None:
        self._path.unlink(missing_ok=True)
        self._advance(-self._have)
        self._have, self._digest = 0, hashlib.sha256()


def _attempts() -> Any:
    return stamina.retry_context(
        on=_pause, attempts=ATTEMPTS, timeout=None, wait_initial=0.5, wait_max=LONGEST_PAUSE_S, wait_jitter=0.5
    )


def _pause(error: Exception) -> bool | float:
    """Whether to ask again, or how many seconds from now where the server says so."""
    if isinstance(error, httpx2.HTTPStatusError):
        told = error.response.headers.get("Retry-After", "")
        busy = error.response.status_code in BUSY
        return min(float(told), LONGEST_PAUSE_S) if busy and told.isdecimal() else busy
    return isinstance(error, httpx2.TransportError)


def _said(answer: httpx2.Response) -> str:
    """The beginning of what a server wrote beside a refusal, on one line."""
    if not answer.is_closed or not hasattr(answer, "_content"):
        return ""
    text = "".join(c if c.isprintable() else " " for c in answer.text)
    return f": {' '.join(text.split())[:300]}" if text.strip() else ""
