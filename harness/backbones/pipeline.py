"""Embedding: images in, vectors out; decoding and preprocessing in threads or processes, beside the forward pass."""

import os
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from threading import Lock
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.backbones.adaptive_batches import Feeder, Vectors
from fuseboard.harness.backbones.decoders import Decoders

WORKERS = min(8, os.cpu_count() or 1)
"""Threads that decode and resize; the libraries under them release the interpreter's lock."""

AHEAD = 2 * WORKERS
"""Batches prepared before the model asks for them; bounds the memory whatever the number of images."""

FLYING = 2
"""Batches that a GPU is given before the first one's vectors are waited for."""


T = TypeVar("T")
Pixels = NDArray[np.uint8]
Source = tuple[Iterator[T], int]
"""Images, or what reads them, as a stream, and how many there are."""


@dataclass(frozen=True)
class _Group:
    """Rows of a source that go through the model together; no group holds rows of two sources."""

    source: int
    start: int
    total: int
    """Rows of the whole source."""
    rows: Sequence[Any]


def embed(
    images: Iterator[T],
    count: int,
    pixels: Callable[[T], Pixels],
    feeder: Feeder,
    advance: Callable[[int], None],
) -> Vectors:
    """Vectors (count, D) of `count` images, in their order; the arguments are those of `embed_each`."""
    (vectors,) = embed_each([(images, count)], pixels, feeder, advance)
    return vectors


def embed_each(
    sources: Iterable[Source[T]],
    pixels: Callable[[T], Pixels],
    feeder: Feeder,
    advance: Callable[[int], None],
    decoders: Decoders | None = None,
) -> Generator[Vectors, None, None]:
    """Yields the vectors (N, D) of each source in turn; the next one's images are prepared while one's end is computed.

    The batches of a source are the same whatever comes before or after it, and so are its vectors. An image that cannot
    be prepared, or not be embedded, is raised after the sources before it.

    Args:
        sources: read one after another, ahead of what is yielded.
        pixels: the reading and preprocessing of one image, in threads.
        feeder: the model, run in the calling thread.
        advance: told the number of images of each finished batch.
        decoders: processes that do what `pixels` says, in its place.
    """
    groups = _groups(sources, feeder)
    if decoders is None:
        prepared = _in_threads(groups, pixels, feeder.encoder.device == "cpu")
    else:
        prepared = _in_processes(groups, decoders)
    whole: dict[int, Vectors] = {}
    left: dict[int, int] = {}
    flying: deque[tuple[_Group, Callable[[], Vectors]]] = deque()
    failure: BaseException | None = None
    done = 0

    def collect() -> None:
        group, vectors_of = flying.popleft()
        found = vectors_of()
        if group.source not in whole:
            whole[group.source], left[group.source] = np.empty((group.total, found.shape[1]), np.float32), group.total
        whole[group.source][group.start : group.start + len(found)] = found
        left[group.source] -= len(found)
        advance(len(found))

    with closing(prepared):
        while True:
            try:
                group, batch = next(prepared)
                flying.append((group, feeder.submit(batch)))
            except StopIteration:
                break
            except Exception as error:
                failure = error
                break
            if len(flying) >= FLYING:
                collect()
            while left.get(done) == 0:
                yield whole.pop(done)
                done += 1
        while flying:
            collect()
        while left.get(done) == 0:
            yield whole.pop(done)
            done += 1
    if failure is not None:
        raise failure


def _groups(sources: Iterable[Source[T]], feeder: Feeder) -> Iterator[_Group]:
    for number, (images, count) in enumerate(sources):
        size = feeder.size
        for start in range(0, count, size):
            yield _Group(number, start, count, list(islice(images, min(size, count - start))))


def _in_processes(groups: Iterator[_Group], decoders: Decoders) -> Generator[tuple[_Group, Pixels], None, None]:
    sent: deque[_Group] = deque()

    def readers() -> Iterator[Sequence[Any]]:
        for group in groups:
            sent.append(group)
            yield group.rows

    with closing(decoders.batches(readers())) as batches:
        for batch in batches:
            yield sent.popleft(), batch


def _in_threads(
    groups: Iterator[_Group], pixels: Callable[[Any], Pixels], turns: bool
) -> Generator[tuple[_Group, Pixels], None, None]:
    """Prepares groups in their order, or in turns with whoever asks for them.

    Threads that decode beside a forward pass on the same cores make all cores wait at every layer for the one that was
    taken away (measured: a sixth of the speed), so there they take turns; beside a GPU they never stop.
    """
    taking = Lock()

    def prepare() -> tuple[_Group, Pixels | Exception] | Exception | None:
        try:
            with taking:  # whoever comes first takes the next rows
                group = next(groups, None)
        except Exception as error:
            return error
        if group is None:
            return None
        try:
            return group, np.stack([pixels(row) for row in group.rows])
        except Exception as error:
            return group, error

    pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="preprocess")
    failure: Exception | None = None
    failed = 0
    try:
        pending: deque[Future[Any]] = deque()
        more = True
        while more or pending:
            if more and not (turns and pending):
                pending.extend(pool.submit(prepare) for _ in range(AHEAD - len(pending)))
            if turns:
                wait(pending)
            found = pending.popleft().result()
            if isinstance(found, tuple) and not isinstance(found[1], Exception):
                if failure is None or found[0].source < failed:
                    yield found
                continue
            more = False
            if isinstance(found, tuple) and failure is None:  # sources before it may still be under way
                failed, failure = found[0].source, found[1]
            elif found is not None and failure is None:
                failed, failure = sys.maxsize, found
        if failure is not None:
            raise failure
    finally:
        pool.shutdown(cancel_futures=True)
