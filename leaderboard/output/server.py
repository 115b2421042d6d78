"""The server shows a site on one's own machine."""

import errno
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from fuseboard.store.errors import FuseboardError, UsageError

HOST, PORT = "127.0.0.1", 8000
"""Where a site is shown unless told otherwise."""


TYPES = {
    ".css": "text/css",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
}
"""What browsers insist on, whatever this machine's own table of types says."""


class _Handler(SimpleHTTPRequestHandler):
    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, **TYPES}  # noqa: RUF012


def open_server(folder: Path, port: int, host: str = HOST) -> ThreadingHTTPServer:
    """Binds a server for a site, to this machine only unless another address is given; port 0 takes any free one.

    Raises:
        UsageError: there is no site in the folder.
        FuseboardError: the port is taken or not allowed.
    """
    if not (folder / "index.html").is_file():
        raise UsageError(f"{folder}: there is no site; run `fuseboard leaderboard build --out {folder}` first")
    handler = partial(_Handler, directory=str(folder))
    try:
        return ThreadingHTTPServer((host, port), handler)
    except OSError as error:
        reason = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
        raise FuseboardError(f"port {port} of {host} {reason}; choose another with --port or --host") from error
