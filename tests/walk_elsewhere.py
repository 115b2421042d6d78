"""A program for `test_portable.py`: a walk where what other systems lack is gone, as far as fuseboard can see.

Libraries keep what they import themselves, since each has its own way on each system.
"""

import builtins
import importlib
import io
import os
import pkgutil
import sys
from types import ModuleType
from typing import Any

UNIX = {"curses", "fcntl", "grp", "posix", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty"}
UNIX_PARTS = {
    "os": {"O_NOFOLLOW", "O_NONBLOCK", "O_DIRECTORY", "O_CLOEXEC", "WNOHANG", "chown", "fchmod", "fchown", "forkpty",
           "getegid", "geteuid", "getgid", "getloadavg", "getpgid", "getuid", "killpg", "mkfifo", "nice", "pread",
           "pwrite", "sched_getaffinity", "sched_setaffinity", "sendfile", "setsid", "statvfs", "sysconf", "uname"},
    "signal": {"SIGALRM", "SIGHUP", "SIGKILL", "SIGUSR1", "SIGUSR2", "alarm", "pthread_kill", "setitimer", "sigwait"},
}  # fmt: skip
REFUSED = ("fork", "symlink", "link")
"""Functions of `os` that are there and may fail, as links do on Windows; for libraries too."""

whole_import, whole_open = builtins.__import__, io.open


class Elsewhere(ModuleType):
    """A module as it is on another system."""

    def __getattr__(self, name: str) -> Any:
        if name in UNIX_PARTS[self.__name__]:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}", name=name, obj=self)
        return getattr(sys.modules[self.__name__], name)


def is_ours(names: Any) -> bool:
    return str((names or {}).get("__name__", "")).partition(".")[0] == "fuseboard"


def without_unix(name: str, globals: Any = None, *rest: Any, **more: Any) -> Any:
    if name.partition(".")[0] in UNIX and is_ours(globals):
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    found = whole_import(name, globals, *rest, **more)
    return Elsewhere(found.__name__) if found.__name__ in UNIX_PARTS and is_ours(globals) else found


def without_proc(file: Any, *rest: Any, **more: Any) -> Any:
    if str(file).startswith("/proc"):
        raise FileNotFoundError(2, "No such file or directory", str(file))
    return whole_open(file, *rest, **more)


def refused(*_: Any, **__: Any) -> None:
    raise OSError(1314, "A required privilege is not held by the client")


def import_everything() -> None:
    for package in ("fuseboard", "fuseboard.store", "fuseboard.harness", "fuseboard.leaderboard"):  # links or not
        for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            if module.name != "fuseboard.__main__":
                try:
                    importlib.import_module(module.name)
                except ModuleNotFoundError as error:
                    if not is_optional(str(error.name)):
                        raise


def is_optional(module: str) -> bool:
    from fuseboard.harness.terminal.extras import ELSEWHERE, EXTRAS

    return module.partition(".")[0] in {*EXTRAS, *ELSEWHERE}


# Libraries look for what there is when they are imported, so they come first; then all of fuseboard comes anew.
import_everything()
for name in [name for name in sys.modules if name.partition(".")[0] == "fuseboard"]:
    del sys.modules[name]
builtins.__import__ = without_unix
io.open = builtins.open = without_proc
for name in REFUSED:
    setattr(os, name, refused)

import_everything()
from pathlib import Path  # noqa: E402

from fuseboard import cli  # noqa: E402
from fuseboard.harness.runtime import profiling  # noqa: E402
from fuseboard.leaderboard.rows import shipped_rows  # noqa: E402

shipped = shipped_rows.SHIPPED

tells = sys.platform == "win32"  # which is asked through what only it has
assert (profiling.peak_rss_mb() is not None) == tells, "where nothing tells, no number is made up"
assert profiling.cores() >= 1
assert profiling.hardware()

for command in (
    ["extract", "hog", "pixels", "-d", "digits", "--limit", "60"],
    ["search", "digits-sample60", "--protocol", "starter", "--jobs", "1"],
    ["store", "verify"],
    ["store", "list"],
    ["leaderboard", "build"],
    ["leaderboard", "check"],
    ["doctor"],
):
    # The workflow builds with the rows that ship on these systems themselves.
    shipped_rows.SHIPPED = Path("nothing") if "build" in command else shipped
    if code := cli.run(command):
        sys.exit(f"{' '.join(command)}: {code}")
cli.main(["store", "sql", "SELECT chr(8594) AS arrow", "--csv"])
