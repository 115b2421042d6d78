"""The client asks a process to draw beside the build, because vl-convert keeps all of Python waiting meanwhile."""

import atexit
import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from markupsafe import Markup

import fuseboard
from fuseboard.store.errors import FuseboardError

START = "import sys; sys.path.append(sys.argv[1]); from fuseboard.leaderboard.plots.worker import serve; serve()"
"""The folder that fuseboard was imported from comes last, so that nothing in it stands before a library."""

_lock = Lock()


def begin() -> None:
    """Starts the process, so that it is ready when the first drawing is wanted."""
    with _lock:
        _process()


def svg(spec: dict[str, Any], description: str) -> Markup:
    """Return a drawing for a page, as `ask` answers with it."""
    return Markup(ask(spec, description))


def ask(spec: dict[str, Any], description: str) -> str:
    """Return a drawing, as `fuseboard.leaderboard.plots.svg.draw` makes it. Other threads go on meanwhile.

    A thread that wants a drawing while another one waits for its own waits its turn.

    Args:
        spec: as `frame.frame` makes it; foreign text may be in it.
        description: what the drawing shows, one sentence for those who do not see it.

    Raises:
        ValueError: the library drew something that is not on the list of what a page may hold.
        FuseboardError: the process was ended by somebody else.
    """
    with _lock:
        process = _process()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps([spec, description]) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            _process.cache_clear()
            raise FuseboardError("the process that draws plots was ended; build again")
    drawn, error = json.loads(line)
    if error:
        raise ValueError(error)
    return str(drawn)


@cache
def _process() -> "subprocess.Popen[str]":
    """Return the process, which Ctrl-C in the terminal does not reach: that is for the one who asks.

    -P keeps it from importing anything of the folder that the build was started in.
    """
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", START, str(Path(fuseboard.__file__).parents[1])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    )
    atexit.register(_end, process)
    return process


def _end(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.wait()
