"""Requests and uploads with the real client, to a loopback server that shows every fault."""

import contextlib
import gzip
import hashlib
import json
import logging

import httpx2
import pytest

from fuseboard.store.errors import FuseboardError
from fuseboard.store.remotes import http
from fuseboard.store.remotes.http import ATTEMPTS, HttpError, Server
from tests.store import wire as wires
from tests.store.wire import DATA, TOKEN, once

wire, server = wires.wire, wires.server
pytestmark = pytest.mark.usefixtures("no_waiting")


@pytest.mark.parametrize("status", http.BUSY)
def test_a_busy_server_is_asked_again_and_given_up_at_last(server, wire, status):
    wire.instead = once(*[(status, {"Retry-After": "7"}, b"")] * (ATTEMPTS - 1))
    assert server.ask("POST", f"{wire.url}/thing", {"a": 1}) == {"a": 1}
    wire.instead = lambda method, path: (status, {}, b"")
    wire.asked.clear()
    with pytest.raises(HttpError, match=rf"^THERE: HTTP {status} at each of 6 attempts; .* later$") as caught:
        server.ask("POST", f"{wire.url}/thing", {})
    assert caught.value.status == status
    assert len(wire.asked) == ATTEMPTS


@pytest.mark.parametrize(
    ("status", "told", "pause"),
    [(429, "7", 7), (503, "7", 7), (429, "3600", 30), (500, "60", True), (429, "tomorrow", True), (404, "7", False)],
)
def test_the_pause_is_the_servers_where_it_asks_for_one(status, told, pause):
    request = httpx2.Request("GET", "http://there/")
    answer = httpx2.Response(status, headers={"Retry-After": told}, request=request)
    assert http._pause(httpx2.HTTPStatusError("", request=request, response=answer)) == pause


@pytest.mark.parametrize(
    ("status", "body", "line"),
    [
        (401, {"message": "who?"}, r"refused \(HTTP 401: who\?\); log in"),
        (403, {}, r"refused \(HTTP 403\); log in"),
        (404, {"message": "gone"}, "no such thing; look again"),
        (410, {}, "no such thing; look again"),
        (413, {"message": "big"}, "HTTP 413: big; it is more than this place takes: .*"),
        (400, {"message": "Wrong", "errors": [{"field": "a", "messages": ["b", "c"]}]}, "HTTP 400: Wrong; a: b c"),
        (400, {"message": "Wrong", "errors": [{"field": "a", "message": "b"}]}, "HTTP 400: Wrong; a: b"),
        (400, ["x"], r'HTTP 400: \["x"\]'),
        (409, b"plain\n\x1b[31m  words" + b"!" * 999, r"HTTP 409: plain \[31m words!{282}"),
        (418, b"", "HTTP 418"),
    ],
)
def test_refusals_are_one_line_with_what_the_server_said(server, wire, status, body, line):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    wire.instead = lambda method, path: (status, {}, data)
    with pytest.raises(HttpError, match=rf"^THERE: {line}$") as caught:
        server.ask("GET", f"{wire.url}/thing")
    assert caught.value.status == status


def test_a_page_is_not_told_as_a_message(server, wire):
    wire.instead = lambda method, path: (400, {"Content-Type": "text/html; charset=utf-8"}, b"<html>")
    with pytest.raises(HttpError, match=r"^THERE: HTTP 400$"):
        server.ask("GET", f"{wire.url}/thing")
    wire.instead = lambda method, path: (200, {"Content-Type": "text/html"}, b"<html>")
    for talk in (lambda: server.ask("GET", f"{wire.url}/thing"), lambda: server.upload(f"{wire.url}/thing", b"x")):
        with pytest.raises(FuseboardError, match=r"^THERE: the answer is not JSON; check the address, or try later$"):
            talk()


def test_the_token_is_in_no_message(server, wire):
    wire.instead = lambda method, path: (400, {}, f"you sent {TOKEN}".encode())
    with pytest.raises(FuseboardError, match=r"you sent \*\*\*"):
        server.ask("GET", f"{wire.url}/thing")
    client = httpx2.Client(headers={"Authorization": f"Bearer {TOKEN}\n"})  # refused by the client, which would show it
    with pytest.raises(FuseboardError) as caught:
        Server(client, "THERE", "", "").ask("GET", f"{wire.url}/thing")
    assert TOKEN not in str(caught.value)


def test_small_files_end_at_their_limit(server, wire):
    (wire.folder / "small").write_bytes(b"12345")
    assert server.text(f"{wire.url}/small", 5) == b"12345"
    with pytest.raises(FuseboardError, match=r"^THERE: a file has more than the 4 bytes it may have$"):
        server.text(f"{wire.url}/small", 4)
    bomb = gzip.compress(bytes(50_000_000))
    wire.instead = lambda method, path: (200, {"Content-Encoding": "gzip"}, bomb)
    with pytest.raises(FuseboardError, match="more than the 4 bytes"):
        server.text(f"{wire.url}/small", 4)


@pytest.mark.parametrize("source", ["file", "bytes"])
def test_an_upload_arrives_whole_after_faults(server, wire, tmp_path, source):
    (tmp_path / "mine").write_bytes(DATA)
    wire.cut = once(1_200_000)
    wire.instead = once(None, (500, {}, b""), (429, {}, b""))
    passed = []
    answer = server.upload(f"{wire.url}/up", tmp_path / "mine" if source == "file" else DATA, passed.append)
    assert answer == {"md5": hashlib.md5(DATA).hexdigest()}
    assert (wire.folder / "up").read_bytes() == DATA
    assert sum(passed) == len(DATA)
    assert min(passed) < 0


def test_an_upload_that_is_always_cut_says_how_to_go_on(server, wire):
    wire.cut = lambda method, path: 1
    with pytest.raises(
        FuseboardError, match=r"^THERE: the transfer failed \(.*\); run the same command again to go on$"
    ):
        server.upload(f"{wire.url}/up", DATA)


def test_nobody_there_and_wrong_addresses(server):
    for url in ("http://127.0.0.1:1/x", "http://[", "ftp://127.0.0.1/", "/relative"):
        with pytest.raises(FuseboardError, match=r"^THERE: the transfer failed \(.+\); run"):
            server.ask("GET", url)


def test_retries_print_nothing(server, wire, capfd):
    wire.instead = once((500, {}, b""))
    logging.getLogger().handlers, kept = [], logging.getLogger().handlers
    with contextlib.ExitStack() as stack:
        stack.callback(setattr, logging.getLogger(), "handlers", kept)
        server.ask("POST", f"{wire.url}/thing", {})
    assert capfd.readouterr() == ("", "")
