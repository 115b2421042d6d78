import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import pytest

from store import versions, zenodo
from store.errors import FuseboardError, UsageError


class Zenodo(ThreadingHTTPServer):
    """The public records API of Zenodo on the loopback: one record and its files."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.serve = lambda key, data: data
        self.busy = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    server: Zenodo

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.server.asked.append(self.path)
        if self.server.busy:
            self.server.busy -= 1
            return self.send_error(429)
        head = "/api/records/7"
        if self.path == "/api/records/6":  # the number of all versions leads to the newest
            self.send_response(302)
            self.send_header("Location", head)
            return self.end_headers()
        if self.path == head:
            listed = [
                {"key": k, "size": len(d), "checksum": f"md5:{hashlib.md5(d).hexdigest()}"}
                for k, d in self.server.files.items()
            ]
            return self.answer(json.dumps({"id": 7, "files": listed}).encode())
        key = unquote(self.path.removeprefix(f"{head}/files/").removesuffix("/content"))
        if key not in self.server.files:
            return self.send_error(404)
        self.answer(self.server.serve(key, self.server.files[key]))

    def answer(self, data):
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture
def server(monkeypatch, make_version, tmp_path):
    version = make_version(tmp_path / "source")
    server = Zenodo()
    for path in version.folder.rglob("*"):
        if path.is_file():
            server.files[str(path.relative_to(version.folder)).replace("/", "~")] = path.read_bytes()
    monkeypatch.setenv("FUSEBOARD_ZENODO", f"http://127.0.0.1:{server.server_address[1]}")
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    server.version = version
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("name", ["7", "6", "10.5281/zenodo.7"])
def test_a_record_is_pulled_bit_by_bit(server, root, name):
    landed = zenodo.pull(root, name, split="val")
    assert landed.files == 2
    for path in landed.version.folder.glob("digits/*"):
        assert path.read_bytes() == server.version.folder.joinpath("digits", path.name).read_bytes()
    server.asked.clear()
    assert zenodo.pull(root, name, split="val").files == 0
    assert [path for path in server.asked if "~" in unquote(path)] == []


@pytest.mark.parametrize(
    "fault", [lambda d: d[:-1], lambda d: d + b"x" * 9_999_999, lambda d: b"<html>", lambda d: d[::-1]]
)
@pytest.mark.parametrize("key", ["manifest.json", "digits~val-00001-of-00002.parquet"])
def test_what_is_not_as_promised_is_refused(server, root, key, fault):
    server.serve = lambda asked, data: fault(data) if asked == key else data
    with pytest.raises(FuseboardError, match=r"Zenodo record 7"):
        zenodo.pull(root, "7")
    assert versions.all_versions(root) == []
    assert not list(root.glob("embeddings/*/*/*/*"))


def test_a_busy_server_is_asked_again(server, root):
    server.busy = 2
    assert zenodo.pull(root, "7", split="val").files == 2
    server.busy = 99
    with pytest.raises(FuseboardError, match=r"Zenodo answered HTTP 429"):
        zenodo.pull(root, "7", split="test")


def test_errors_name_the_record(server, root, monkeypatch):
    with pytest.raises(FuseboardError, match=r"Zenodo record 8: there is no such record"):
        zenodo.pull(root, "8")
    with pytest.raises(UsageError, match=r"'10.1000/x' is not a Zenodo record"):
        zenodo.pull(root, "10.1000/x")
    del server.files["digits~val-00000-of-00002.parquet"]
    with pytest.raises(FuseboardError, match=r"no such file"):
        zenodo.pull(root, "7")
    del server.files["manifest.json"]
    with pytest.raises(FuseboardError, match=r"holds no fuseboard embeddings"):
        zenodo.pull(root, "7")
    monkeypatch.setenv("FUSEBOARD_ZENODO", "http://127.0.0.1:1")
    with pytest.raises(FuseboardError, match=r"cannot be reached"):
        zenodo.pull(root, "7")
