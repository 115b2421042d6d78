"""The drawer: a process beside the build, because vl-convert keeps all of Python waiting while it draws.

It is asked by lines of JSON, and ends when the process that asked is gone.
"""

import atexit
import json
import os
import subprocess
import sys
from functools import cache
from threading import Lock
from typing import Any

from store.errors import FuseboardError

_lock = Lock()


def begin() -> None:
    """Starts it, so that it is ready when the first drawing is wanted."""
    with _lock:
        _process()


def ask(spec: dict[str, Any], says: str) -> str:
    """A drawing, as `svg.draw` makes it. Other threads go on meanwhile; one that wants a drawing too waits its turn.

    Raises:
        ValueError: as `svg.draw`.
        FuseboardError: the process was ended by somebody else.
    """
    with _lock:
        process = _process()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps([spec, says]) + "\n")
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
    """Apart from the terminal's Ctrl-C, which is for the one who asks."""
    process = subprocess.Popen(
        [sys.executable, "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        start_new_session=True,
    )
    atexit.register(_end, process)
    return process


def _end(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.wait()


def _serve() -> None:
    from leaderboard.plots.svg import draw

    for line in sys.stdin:
        spec, says = json.loads(line)
        try:
            answer = [draw(spec, says), None]
        except ValueError as error:
            answer = [None, str(error)]
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    _serve()
