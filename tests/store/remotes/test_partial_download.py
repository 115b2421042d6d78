"""Downloads with the real client, from a loopback server that shows every fault."""

import errno
import gzip
import hashlib
import io
import threading
from pathlib import Path

import httpx2
import pytest

from fuseboard.store.embeddings.manifest import Shard
from fuseboard.store.errors import FuseboardError
from fuseboard.store.remotes.http import ATTEMPTS, Server
from tests.store import wire as wires
from tests.store.wire import DATA, once

wire, server = wires.wire, wires.server
SHARD = Shard(file="f.parquet", rows=1, bytes=len(DATA), sha256=hashlib.sha256(DATA).hexdigest())
pytestmark = pytest.mark.usefixtures("no_waiting")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "here" / "f.parquet"


def download(server, wire, path, stop=None, advance=lambda n: None):
    server.download(f"{wire.url}/file", path, SHARD, stop or threading.Event(), advance)


def test_a_download_is_the_file_and_counts_its_bytes(server, wire, path):
    passed = []
    download(server, wire, path, advance=passed.append)
    assert path.read_bytes() == DATA
    assert sum(passed) == len(DATA)
    wire.asked.clear()
    download(server, wire, path)
    assert wire.asked == []


@pytest.mark.parametrize("ranges", [True, False])
def test_a_cut_connection_is_gone_on_with(server, wire, path, ranges):
    wire.ranges, wire.cut = ranges, once(1_000_000, 500_000)
    passed = []
    download(server, wire, path, advance=passed.append)
    assert path.read_bytes() == DATA
    assert sum(passed) == len(DATA)
    assert wire.spans == [None, "bytes=1000000-", "bytes=1500000-" if ranges else "bytes=500000-"]


def test_what_an_earlier_run_left_is_gone_on_with(server, wire, path):
    path.parent.mkdir()
    path.write_bytes(DATA[:70_000])
    download(server, wire, path)
    assert wire.spans == ["bytes=70000-"]
    assert path.read_bytes() == DATA


@pytest.mark.parametrize("left", [b"x" * 70_000, DATA + b"x", b"y" * len(DATA), b""])
def test_a_stale_beginning_is_dropped(server, wire, path, left):
    path.parent.mkdir()
    path.write_bytes(left)
    passed = []
    download(server, wire, path, advance=passed.append)
    assert path.read_bytes() == DATA
    assert sum(passed) == len(DATA)


def test_a_server_that_always_cuts_leaves_a_beginning(server, wire, path):
    wire.cut = lambda method, path: 100_000
    with pytest.raises(
        FuseboardError, match=r"^THERE: the transfer failed \(.*\); run the same command again to go on$"
    ):
        download(server, wire, path)
    assert path.read_bytes() == DATA[: ATTEMPTS * 100_000]


REFUSED = {
    "more": ({}, DATA + b"x", r"2304001 bytes, the manifest says 2304000"),
    "less": ({}, DATA[:-1], r"2303999 bytes, the manifest says 2304000"),
    "wrong": ({}, b"x" + DATA[1:], r"SHA-256 \w+… is not the manifest's"),
    "page": ({"Content-Type": "text/html"}, b"<html>", "an HTML page instead of the file"),
    "gzip": ({"Content-Encoding": "gzip"}, gzip.compress(DATA), r"the server compressed it \(gzip\) although asked"),
}


@pytest.mark.parametrize("fault", REFUSED)
@pytest.mark.parametrize("began", [False, True])
def test_what_is_not_the_file_is_refused_and_removed(server, wire, path, fault, began):
    headers, data, line = REFUSED[fault]
    path.parent.mkdir()
    if began:
        path.write_bytes(DATA[:1000])
    wire.instead = lambda method, path: (200, headers, data)
    with pytest.raises(FuseboardError, match=rf"^THERE: what came as f.parquet was refused: {line}"):
        download(server, wire, path)
    assert not path.exists()
    assert len(wire.asked) == 1 + began  # with no beginning to blame, nothing is asked again


def test_no_more_bytes_are_taken_than_promised(server, path):
    """A server that states no length: what it sends ends where the connection does."""

    def endless(request):
        return httpx2.Response(200, content=(b"x" * 65_536 for _ in iter(int, 1)))

    client = httpx2.Client(transport=httpx2.MockTransport(endless))
    with pytest.raises(FuseboardError, match="more than the 2304000 bytes that the manifest says"):
        Server(client, "THERE", "", "").download("http://there/", path, SHARD, threading.Event())
    assert not path.exists()


def test_a_transfer_that_is_stopped_ends(server, wire, path):
    stop = threading.Event()
    with pytest.raises(KeyboardInterrupt):
        download(server, wire, path, stop, lambda n: stop.set())
    assert 0 < path.stat().st_size < len(DATA)
    wire.asked.clear()
    with pytest.raises(KeyboardInterrupt):
        download(server, wire, path, stop)
    assert wire.asked == []


def test_a_full_disk_is_the_callers_to_tell(server, wire, path, monkeypatch):
    class Full(io.BytesIO):
        def write(self, data):
            raise OSError(errno.ENOSPC, "No space left on device")

    opened = Path.open
    monkeypatch.setattr(Path, "open", lambda self, mode: Full() if mode == "ab" else opened(self, mode))
    with pytest.raises(OSError, match="No space left") as caught:
        download(server, wire, path)
    assert caught.value.errno == errno.ENOSPC
    assert len(wire.asked) == 1
