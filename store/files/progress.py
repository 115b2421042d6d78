"""Progress of a transfer, on stderr where a person watches."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn


@contextmanager
def transferring(what: str, size: int) -> Iterator[Callable[[int], None]]:
    """Shows a bar over `size` bytes; hands out what is called, from any thread, with the bytes as they pass."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task, lock = bar.add_task(what, total=size), Lock()

        def advance(count: int) -> None:
            with lock:
                bar.advance(task, count)

        yield advance
