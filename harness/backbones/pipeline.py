"""Embedding: images in, vectors out; decoding and preprocessing in threads, beside a GPU's forward pass."""

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from itertools import islice
from threading import Lock
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.backbones.adaptive_batches import Feeder, Vectors

WORKERS = min(8, os.cpu_count() or 1)
"""Threads that decode and resize; the libraries under them release the interpreter's lock."""

AHEAD = 2 * WORKERS
"""Batches prepared before the model asks for them; bounds the memory whatever the number of images."""

FLYING = 2
"""Batches that a GPU is given before the first one's vectors are waited for."""


T = TypeVar("T")


def embed(
    images: Iterator[T],
    count: int,
    pixels: Callable[[T], NDArray[np.uint8]],
    feeder: Feeder,
    advance: Callable[[int], None],
) -> Vectors:
    """Vectors (count, D) of `count` images, in their order.

    Args:
        images: images, or what reads them, as a stream.
        count: how many there are.
        pixels: the reading and preprocessing of one image, in the threads.
        feeder: the model, run in the calling thread.
        advance: told the number of images of each finished batch.
    """
    lock, taken, batch_size = Lock(), 0, feeder.size

    def prepare() -> tuple[int, NDArray[np.uint8]]:
        nonlocal taken
        with lock:  # whoever comes first takes the next rows, and says which
            start, rows = taken, list(islice(images, batch_size))
            taken += len(rows)
        return start, np.stack([pixels(row) for row in rows])

    vectors: Vectors | None = None
    flying: deque[tuple[int, Callable[[], Vectors]]] = deque()

    def collect() -> None:
        nonlocal vectors
        start, vectors_of = flying.popleft()
        found = vectors_of()
        vectors = np.empty((count, found.shape[1]), np.float32) if vectors is None else vectors
        vectors[start : start + len(found)] = found
        advance(len(found))

    # Threads that decode beside a forward pass on the same cores make all cores wait at every layer for the one that
    # was taken away (measured: a sixth of the speed), so there they take turns; beside a GPU they never stop.
    turns = feeder.encoder.device == "cpu"
    left = -(-count // batch_size)
    pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="preprocess")
    try:
        pending: deque[Future[tuple[int, NDArray[np.uint8]]]] = deque()
        while left or pending:
            if not (turns and pending):
                new = min(left, AHEAD - len(pending))
                pending.extend(pool.submit(prepare) for _ in range(new))
                left -= new
            if turns:
                wait(pending)
            start, batch = pending.popleft().result()
            flying.append((start, feeder.submit(batch)))
            if len(flying) >= FLYING:
                collect()
        while flying:
            collect()
    finally:
        pool.shutdown(cancel_futures=True)
    assert vectors is not None
    return vectors
