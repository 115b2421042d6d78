"""Progress bars on stderr, so that data on stdout stays data. Rich is imported by the first bar that is shown."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


@contextmanager
def counting(title: str, total: int) -> Iterator[Callable[[int], None]]:
    """Shows a bar with counts and the time left; hands out what moves it on, by how many were done.

    Where nothing is to be done it shows nothing.
    """
    if not total:
        yield lambda count: None
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=_stderr()) as bar:
        task = bar.add_task(title, total=total)
        yield lambda count: bar.advance(task, count)


@contextmanager
def transferring(title: str, total: int) -> Iterator[Callable[[int], None]]:
    """Shows a bar over bytes where a person watches; hands out what is called, from any thread, as they pass."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    console = _stderr()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task, lock = bar.add_task(title, total=total), Lock()

        def advance(count: int) -> None:
            with lock:
                bar.advance(task, count)

        yield advance


def _stderr() -> "Console":
    """Makes a console on stderr; in a notebook a widget, but without ipywidgets, where Rich would only warn, text."""
    from rich.console import Console

    return Console(stderr=True, force_jupyter=None if find_spec("ipywidgets") else False)
