"""Transfer: HTTP that asks again when a server is busy, and files that arrive whole or are gone on with later."""

import io
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import httpx2
import stamina

from fuseboard.store.embeddings.manifest import Shard
from fuseboard.store.errors import FuseboardError
from fuseboard.store.remotes.partial_download import CHUNK, Arriving, Refused

ATTEMPTS = 6
LONGEST_PAUSE_S = 30.0
BUSY = (429, 500, 502, 503, 504)
HOPELESS = (httpx2.LocalProtocolError, httpx2.UnsupportedProtocol)
"""What this side did wrong; asking again would be the same."""
TIMEOUT = httpx2.Timeout(60.0)
PATIENCE = httpx2.Timeout(60.0, read=600.0)
"""For what a server works on before it answers: a large file that it hashes, a record that it publishes."""

# Without a handler of its own, Python would print each retry's log record to stderr, into the progress bar.
logging.getLogger("stamina").addHandler(logging.NullHandler())


class HttpError(FuseboardError):
    """A server refused; `status` is for callers who can do something about it."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


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
                    timeout = TIMEOUT if method == "GET" else PATIENCE
                    answer = self.client.request(method, url, json=json, timeout=timeout)
                    answer.raise_for_status()
        return self._json(answer)

    def text(self, url: str, limit: int) -> bytes:
        """Returns a small file; more than `limit` bytes are refused, and never read."""
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

    def upload(self, url: str, source: Path | bytes, advance: Callable[[int], None] = lambda n: None) -> Any:
        """Streams a file, or bytes, to an address by PUT; a busy server gets it again from the start.

        Args:
            url: where it goes.
            source: what is sent; of a file, never more than a megabyte is in memory.
            advance: called with the bytes as they go, and with what is taken back when an attempt fails.

        Returns:
            The JSON answer; None where it has no body.
        """
        size = len(source) if isinstance(source, bytes) else source.stat().st_size
        headers = {"Content-Length": str(size), "Content-Type": "application/octet-stream"}
        with self._speaking():
            for attempt in _attempts():
                with attempt, io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
                    try:
                        answer = self.client.put(url, content=_chunks(file, advance), headers=headers, timeout=PATIENCE)
                        answer.raise_for_status()
                    except httpx2.HTTPError:
                        advance(-file.tell())
                        raise
        return self._json(answer)

    def download(
        self, url: str, path: Path, shard: Shard, stop: threading.Event, advance: Callable[[int], None] = lambda n: None
    ) -> None:
        """Streams a shard to `path`, going on where an earlier attempt was cut off, and holds it against its SHA-256.

        Args:
            url: where it is.
            path: where it goes; what lies there is taken for its beginning. What turns out wrong is removed.
            shard: the size and SHA-256 it must have. No byte more than that size is written.
            stop: once set, the transfer ends at the next piece.
            advance: called with the bytes as they come.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        began_with = path.stat().st_size if path.exists() else 0
        arriving = Arriving(path, shard, stop, advance)
        try:
            with self._speaking():
                for attempt in _attempts():
                    with attempt:
                        arriving.go_on(self.client, url)
            arriving.check()
        except Refused as error:
            arriving.start_over()
            if began_with:  # the beginning may have been what was wrong
                return self.download(url, path, shard, stop, advance)
            raise FuseboardError(f"{self.where}: what came as {path.name} was refused: {error}") from error

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        """Turns what the client raises into one line with the mend."""
        try:
            yield
        except httpx2.HTTPStatusError as error:
            status, value = error.response.status_code, self._plain(_said(error.response))
            if status in (404, 410):
                line = self.missing
            elif status in (401, 403):
                line = f"refused (HTTP {status}{value}); {self.login}"
            elif status in BUSY:
                line = f"HTTP {status} at each of {ATTEMPTS} attempts; run the same command again later"
            elif status == 413:
                line = f"HTTP 413{value}; it is more than this place takes: ask there for more, or choose another"
            else:
                line = f"HTTP {status}{value}"
            raise HttpError(f"{self.where}: {line}", status) from error
        except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL) as error:
            reason = self._plain(str(error)) or type(error).__name__
            raise FuseboardError(
                f"{self.where}: the transfer failed ({reason}); run the same command again to go on"
            ) from error

    def _json(self, answer: httpx2.Response) -> Any:
        try:
            return answer.json() if answer.content else None
        except ValueError as error:
            raise FuseboardError(f"{self.where}: the answer is not JSON; check the address, or try later") from error

    def _plain(self, text: str) -> str:
        """Foreign text on one line of at most 300 characters, without the token, should a server or library echo it."""
        token = self.client.headers.get("Authorization", "").strip().rpartition(" ")[2]
        text = text.replace(token, "***") if token else text
        return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:300]


def _chunks(file: BinaryIO, advance: Callable[[int], None]) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        advance(len(chunk))
        yield chunk


def _attempts() -> Any:
    return stamina.retry_context(
        on=_pause, attempts=ATTEMPTS, timeout=None, wait_initial=0.5, wait_max=LONGEST_PAUSE_S, wait_jitter=0.5
    )


def _pause(error: Exception) -> bool | float:
    """Whether to ask again, or how many seconds from now where the server says so."""
    if isinstance(error, httpx2.HTTPStatusError):
        notice, status = error.response.headers.get("Retry-After", ""), error.response.status_code
        if status in (429, 503) and notice.isdecimal():  # Zenodo adds the header to every answer, also to a 500
            return min(float(notice), LONGEST_PAUSE_S)
        return status in BUSY
    return isinstance(error, httpx2.TransportError) and not isinstance(error, HOPELESS)


def _said(answer: httpx2.Response) -> str:
    """What a server wrote beside a refusal: the messages of a JSON answer, or the text itself unless it is a page."""
    if not hasattr(answer, "_content") or "html" in answer.headers.get("Content-Type", ""):
        return ""
    try:
        value = answer.json()
        errors = value.get("errors") or []
        faults = [f"{e.get('field', '')}: {e.get('message') or ' '.join(e.get('messages', []))}" for e in errors]
        text = "; ".join([str(value.get("message", "")), *faults])
    except (ValueError, TypeError, AttributeError):
        text = answer.text
    return f": {text}" if text.strip() else ""
