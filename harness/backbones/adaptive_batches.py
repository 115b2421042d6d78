"""The feeder: hands batches to an encoder in pieces that fit its memory."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.backbones import allocator
from fuseboard.harness.backbones.encoder import Encoder
from fuseboard.store.errors import FuseboardError

Vectors = NDArray[np.float32]


def batch_size(device: str) -> int:
    """Images per forward pass where nobody says: on a CPU a batch stays in its cache, a GPU wants many."""
    return 8 if device == "cpu" else 128


class Feeder:
    """One encoder with the largest batch that has fitted so far.

    Args:
        encoder: of a backbone.
        size: images per forward pass to begin with; halved whenever the device has no memory for as many.
    """

    def __init__(self, encoder: Encoder, size: int) -> None:
        self.encoder, self.size = encoder, size

    def submit(self, batch: NDArray[np.uint8]) -> Callable[[], Vectors]:
        """Starts a batch (N, H, W, channels); the function it hands out waits for its vectors (N, D).

        On a GPU the work is queued and this returns at once, so that the next batch is prepared and copied meanwhile.

        Raises:
            FuseboardError: a single image is too much for the device.
        """
        waits: list[Callable[[], Vectors]] = []
        start = 0
        while start < len(batch):
            piece = batch[start : start + self.size]
            try:
                waits.append(_submit(self.encoder, piece))
                start += len(piece)
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                self._halve(len(piece), error)
        return lambda: np.concatenate([wait() for wait in waits])

    def _halve(self, tried: int, error: Exception) -> None:
        if tried == 1:
            raise FuseboardError(
                f"{self.encoder.device} has no memory for a single image; try --precision fp16, another --device, or "
                "free its memory"
            ) from error
        self.size = tried // 2
        allocator.release(self.encoder.device)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error of NumPy or torch, on a CPU or GPU, says that memory ran out."""
    message = str(error)
    return isinstance(error, MemoryError) or "out of memory" in message or "can't allocate memory" in message


def _submit(encoder: Any, piece: NDArray[np.uint8]) -> Callable[[], Vectors]:
    if hasattr(encoder, "submit"):
        wait: Callable[[], Vectors] = encoder.submit(piece)
        return wait
    vectors: Vectors = encoder.encode(piece)
    return lambda: vectors
