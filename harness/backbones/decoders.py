"""Decoders: processes that read, decode and resize images for a GPU, which outruns the threads of one process.

Threads share the interpreter's lock: beside an H100 they came to 782 images/s with 1, 1,014 with 4 and 891 with 16,
processes to 673 with 1, 2,892 with 4 and 9,541 with 16 (JPEG of 320 x 256).
What torch's DataLoader hands out is whole batches, errors with the worker's traceback in them, and no stream that only
one process can read; workers of `concurrent.futures` outlive a parent that is killed. These end with their pipe.
"""

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from queue import Queue
from threading import Thread
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.runtime.children import starting
from fuseboard.store.errors import FuseboardError

Pixels = NDArray[np.uint8]
Task = Callable[[], Pixels]

SHARE = 8
"""Images that a process is given at a time: few enough that a large one holds up no batch, so many that the parent's
part of each stays below a fiftieth of a millisecond."""

BATCHES = 4
"""Batches that are prepared or waiting: a GPU takes one while the others are made."""


@dataclass
class _Batch:
    """A batch in the making."""

    slot: int
    count: int
    left: int
    """Shares of it that are not done yet."""
    failure: BaseException | None = None


class Decoders:
    """A pool of processes for images that all come out in one size, which are put into memory that all share.

    Args:
        pixels: makes an image of what reads it; goes to the processes, as the readers do.
        shape: of an image, (H, W, channels).
        size: images of a batch at most.
        workers: processes.
    """

    def __init__(self, pixels: Callable[[Any], Pixels], shape: tuple[int, int, int], size: int, workers: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._shape, self._size, bytes_of = shape, size, int(np.prod(shape))
        memory = context.RawArray("B", BATCHES * size * bytes_of)
        self._slots = np.frombuffer(memory, np.uint8).reshape(BATCHES, size, *shape)
        self._children, self._connections = [], list[Connection]()
        with starting():
            for _ in range(workers):
                ours, theirs = context.Pipe()
                child = context.Process(target=_work, args=(theirs, memory, shape, pixels), daemon=True)
                child.start()
                theirs.close()
                self._children.append(child)
                self._connections.append(ours)

    def batches(self, groups: Iterator[Sequence[Any]]) -> Generator[Pixels, None, None]:
        """Yields the pixels (n, H, W, channels) of groups of readers, in order; each until the next is asked for.

        Raises:
            FuseboardError: an image cannot be read, when its batch is asked for; or a process was killed.
        """
        free: Queue[int | None] = Queue()
        for slot in range(BATCHES):
            free.put(slot)
        made: Queue[_Batch | BaseException | None] = Queue()
        owed: list[deque[_Batch]] = [deque() for _ in self._connections]
        handing_out = Thread(target=self._hand_out, args=(groups, free, made, owed), name="decoders", daemon=True)
        handing_out.start()
        whole = False
        try:
            while (batch := made.get()) is not None:
                if isinstance(batch, BaseException):
                    raise batch
                while batch.left:
                    self._listen(owed)
                if batch.failure is not None:
                    raise batch.failure
                yield self._slots[batch.slot, : batch.count]
                free.put(batch.slot)
            whole = True
        finally:
            if not whole:  # what is under way is of no use to anybody
                free.put(None)
                self._kill()
            handing_out.join()

    def close(self) -> None:
        """Ends the processes."""
        self._kill()
        for connection in self._connections:
            connection.close()
        self._children, self._connections = [], []

    def _kill(self) -> None:
        for child in self._children:
            child.kill()
        for child in self._children:
            child.join()

    def _hand_out(
        self,
        groups: Iterator[Sequence[Any]],
        free: "Queue[int | None]",
        made: "Queue[_Batch | BaseException | None]",
        owed: list[deque[_Batch]],
    ) -> None:
        """Reads ahead in a thread of its own, so that neither a slow stream nor a full pipe holds up the GPU."""
        connections = self._connections
        try:
            for readers in groups:
                if (slot := free.get()) is None:
                    return
                starts = range(0, len(readers), SHARE)
                batch = _Batch(slot, len(readers), len(starts))
                made.put(batch)
                for start in starts:
                    least = min(range(len(owed)), key=lambda number: len(owed[number]))
                    owed[least].append(batch)
                    connections[least].send((slot * self._size + start, readers[start : start + SHARE]))
        except BaseException as error:  # raised again where the batches are asked for
            made.put(error)
            return
        made.put(None)

    def _listen(self, owed: list[deque[_Batch]]) -> None:
        """Takes what processes have finished; each does its shares in the order in which they were given."""
        for connection in wait(self._connections):
            number = self._connections.index(connection)  # type: ignore[arg-type]
            try:
                failure = self._connections[number].recv()
            except (EOFError, ConnectionError):
                self._children[number].join()
                code = self._children[number].exitcode
                raise FuseboardError(
                    f"a process that decodes images ended with exit code {code}, mostly for want of memory; run the "
                    "same command again, what is done is kept"
                ) from None
            batch = owed[number].popleft()
            batch.failure = batch.failure or failure
            batch.left -= 1


def _work(connection: Connection, memory: Any, shape: tuple[int, int, int], pixels: Callable[[Any], Pixels]) -> None:
    """Makes pixels until the parent has closed its end of the pipe, or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears it too, and says when this ends
    images = np.frombuffer(memory, np.uint8).reshape(-1, *shape)
    with suppress(EOFError, ConnectionError):
        while True:
            start, readers = connection.recv()
            failure: BaseException | None = None
            try:
                for place, reader in enumerate(readers, start):
                    images[place] = pixels(reader)
            except Exception as error:  # raised again in the parent
                failure = error if isinstance(error, FuseboardError | MemoryError) else RuntimeError(repr(error))
            connection.send(failure)
