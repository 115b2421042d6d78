"""Embedding: images in, vectors out, with decoding and preprocessing beside the forward pass."""

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from threading import Lock

import numpy as np
from numpy.typing import NDArray

WORKERS = min(8, os.cpu_count() or 1)
"""Threads that decode and resize; the libraries under them release the interpreter's lock."""

AHEAD = 2 * WORKERS
"""Batches prepared beyond the one that the model is at; bounds the memory whatever the number of images."""


def embed(
    images: Iterator[NDArray[np.uint8]],
    count: int,
    pixels: Callable[[NDArray[np.uint8]], NDArray[np.uint8]],
    encode: Callable[[NDArray[np.uint8]], NDArray[np.float32]],
    batch_size: int,
    advance: Callable[[int], None],
) -> NDArray[np.float32]:
    """Vectors (count, D) of `count` images, in their order.

    Args:
        images: read as a stream, in the threads.
        count: how many there are.
        pixels: the preprocessing of one image.
        encode: the model, run in the calling thread.
        batch_size: images per forward pass.
        advance: told the number of images of each finished batch.
    """
    lock, taken = Lock(), 0

    def prepare() -> tuple[int, NDArray[np.uint8]]:
        nonlocal taken
        with lock:  # whoever comes first takes the next rows, and says which
            start, rows = taken, list(islice(images, batch_size))
            taken += len(rows)
        return start, np.stack([pixels(row) for row in rows])

    vectors: NDArray[np.float32] | None = None
    batches = -(-count // batch_size)
    pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="preprocess")
    try:
        pending: deque[Future[tuple[int, NDArray[np.uint8]]]] = deque()
        for begun in range(batches + AHEAD):
            if begun < batches:
                pending.append(pool.submit(prepare))
            if begun >= AHEAD and pending:
                start, batch = pending.popleft().result()
                found = encode(batch)
                vectors = np.empty((count, found.shape[1]), np.float32) if vectors is None else vectors
                vectors[start : start + len(found)] = found
                advance(len(found))
    finally:
        pool.shutdown(cancel_futures=True)
    assert vectors is not None
    return vectors
