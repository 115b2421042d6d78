"""HTTP on the loopback that shows the faults it is told to, whatever it serves."""

import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx2
import pytest

from fuseboard.store.remotes.http import Server

TOKEN = "a-secret-of-the-test"
DATA = bytes(range(256)) * 9_000


class FaultyServer(ThreadingHTTPServer):
    """The server, what it was asked, and its faults; each fault is a function of method and path."""

    daemon_threads = True

    def __init__(self, handler: type["Wire"], folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.folder = folder
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.asked: list[tuple[str, str]] = []
        self.carried: list[str | None] = []
        """The Authorization of each request."""
        self.spans: list[str | None] = []
        """The Range of each download."""
        self.ranges = True
        self.instead: Callable[[str, str], tuple[int, dict[str, str], bytes] | None] = lambda method, path: None
        """An answer to give instead of serving a request."""
        self.after: Callable[[str, str], int | None] = lambda method, path: None
        """A status to answer with although the request has been served."""
        self.cut: Callable[[str, str], int | None] = lambda method, path: None
        """How many bytes of an upload or download pass before the connection is cut."""
        self.flip: Callable[[str, str], int | None] = lambda method, path: None
        """Which byte of an upload or download is changed on its way."""
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # a client that went away

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class Wire(BaseHTTPRequestHandler):
    """Requests to methods named by `ROUTES`, and their answers."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or each answer would wait 40 ms for an acknowledgement
    server: FaultyServer
    ROUTES: tuple[tuple[str, str, str, str | None], ...] = ()
    """Method, pattern of the path, the method that serves it, and what the token must be good for."""

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def handle_any(self) -> None:
        self.where = unquote(urlsplit(self.path).path)
        self.server.asked.append((self.command, self.where))
        self.server.carried.append(self.headers.get("Authorization"))
        if instead := self.server.instead(self.command, self.where):
            if (size := int(self.headers.get("Content-Length") or 0)) < 2**20:
                self.rfile.read(size)
            else:
                self.close_connection = True
            return self.answer(instead[0], instead[2], instead[1])
        for method, pattern, name, scope in self.ROUTES:
            if method == self.command and (found := re.fullmatch(pattern, self.where)):
                return getattr(self, name)(*found.groups()) if scope is None or self.allowed(scope) else None
        return self.fail(404, "The requested URL was not found on the server.")

    do_GET = do_PUT = do_POST = do_DELETE = handle_any

    def allowed(self, scope: str) -> bool:
        raise NotImplementedError

    def body(self) -> Any:
        return json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")

    def receive(self, path: Path) -> str | None:
        """Streams what the request carries to a file and returns its MD5; None where the connection ended before."""
        digest, size = hashlib.md5(), int(self.headers["Content-Length"])
        passed, cut = 0, self.server.cut(self.command, self.where)
        with path.open("wb") as file:
            while passed < size and (chunk := self.rfile.read(min(2**20, size - passed))):
                chunk = self.flipped(chunk, passed)
                digest.update(chunk)
                file.write(chunk)
                passed += len(chunk)
                if cut is not None and passed >= cut:
                    self.close_connection = True
                    self.connection.close()
                    return None
        return digest.hexdigest() if passed == size else None

    def stream(self, path: Path) -> None:
        """Answers with a file, or the end of it that a Range asks for."""
        size, first = path.stat().st_size, 0
        self.server.spans.append(self.headers.get("Range"))
        if self.server.ranges and (span := re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))):
            first = int(span[1])
        headers = {"Content-Length": str(size - first), "Content-Type": "application/octet-stream"}
        headers |= {"Content-Range": f"bytes {first}-{size - 1}/{size}"} if first else {}
        cut = self.server.cut(self.command, self.where)
        self.head(206 if first else 200, headers)
        with path.open("rb") as file:
            file.seek(first)
            at = first
            while chunk := file.read(2**16):
                chunk = self.flipped(chunk, at)
                if cut is not None and at - first + len(chunk) > cut:
                    self.wfile.write(chunk[: cut - (at - first)])
                    self.close_connection = True
                    return
                self.wfile.write(chunk)
                at += len(chunk)

    def flipped(self, chunk: bytes, begin: int) -> bytes:
        at = self.server.flip(self.command, self.where)
        if at is None or not 0 <= at - begin < len(chunk):
            return chunk
        return chunk[: at - begin] + bytes([chunk[at - begin] ^ 1]) + chunk[at - begin + 1 :]

    def fail(self, status: int, message: str, *errors: dict[str, Any]) -> None:
        self.answer(status, {"status": status, "message": message} | ({"errors": list(errors)} if errors else {}))

    def answer(self, status: int, content: object, headers: dict[str, str] | None = None) -> None:
        if status < 400 and (after := self.server.after(self.command, self.where)):
            status, content = after, {"status": after, "message": "Internal server error"}
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        kind = "application/json" if not isinstance(content, bytes) else "application/octet-stream"
        self.head(status, {"Content-Type": kind, "Content-Length": str(len(data)), **(headers or {})})
        self.wfile.write(data)

    def head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        if self.close_connection:
            self.send_header("Connection", "close")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()


class Files(Wire):
    """A folder to get files from and put files to, and an echo."""

    ROUTES = (
        ("GET", r"/(\w+)", "give", None),
        ("PUT", r"/(\w+)", "take", None),
        ("POST", r"/(\w+)", "told", None),
    )

    def give(self, name: str) -> None:
        self.stream(self.server.folder / name)

    def take(self, name: str) -> None:
        if md5 := self.receive(self.server.folder / name):
            self.answer(201, {"md5": md5})

    def told(self, name: str) -> None:
        self.answer(200, self.body())


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[FaultyServer]:
    """A server of files that holds one, `file`."""
    (folder := tmp_path / "there").mkdir()
    (folder / "file").write_bytes(DATA)
    faulty = FaultyServer(Files, folder)
    yield faulty
    faulty.close()


@pytest.fixture
def server(wire: FaultyServer) -> Iterator[Server]:
    """What the code under test talks through."""
    with httpx2.Client(headers={"Authorization": f"Bearer {TOKEN}"}, follow_redirects=True) as client:
        yield Server(client, "THERE", "no such thing; look again", "log in")


def once(*answers: Any) -> Callable[[str, str], Any]:
    """A fault that shows each of these once, and then none."""
    left = iter(answers)
    return lambda method, path: next(left, None)
