"""The process that draws: it may be killed, it ends with the one who asked, and a Ctrl-C is not for it."""

import os
import signal
import subprocess
import sys
import time

import pytest

from fuseboard.leaderboard.plots import client
from fuseboard.leaderboard.plots.frame import axis, frame, layer
from fuseboard.leaderboard.plots.svg import draw
from fuseboard.store.errors import FuseboardError

X = axis("x", "x", (0, 1))


def point(colour):
    mark = {"type": "point", "color": colour, "filled": True}
    return frame([layer(mark, [{"x": 0.5}], x=X)], 100, {})


@pytest.fixture(autouse=True)
def _drawn_anew(drawing, monkeypatch):
    monkeypatch.setattr(client, "ask", drawing)


SPEC = point("var(--accent)")
ASK = f"""
import os, sys
from fuseboard.leaderboard.plots import client
client.svg({SPEC!r}, "a point")
print(client._process().pid, flush=True)
sys.stdin.readline()
os._exit(1)
"""


def test_it_draws_what_is_drawn_here():
    assert client.svg(SPEC, "a point") == draw(SPEC, "a point")


def test_what_is_refused_there_is_refused_here():
    with pytest.raises(ValueError, match="red"):
        client.svg(point("red"), "a point")


def test_a_killed_one_is_told_and_the_next_drawing_has_another():
    client.begin()
    os.kill(client._process().pid, signal.SIGKILL)
    client._process().wait()
    with pytest.raises(FuseboardError, match="build again"):
        client.svg(SPEC, "a point")
    assert client.svg(SPEC, "a point")


def test_it_ends_with_the_one_who_asked_and_says_nothing():
    command = [sys.executable, "-c", ASK]
    with subprocess.Popen(command, stdin=-1, stdout=-1, stderr=-1, text=True) as asking:
        pid = int(asking.stdout.readline())
        _, said = asking.communicate("leave at once\n")
    until = time.monotonic() + 20
    while alive(pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert not alive(pid)
    assert said == ""


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().split()[2] != "Z"
    except FileNotFoundError:
        return False
