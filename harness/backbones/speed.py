"""The speed of a backbone: images per second and peak memory of forward passes of one batch size."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.backbones import canary
from fuseboard.harness.backbones.adaptive_batches import is_out_of_memory
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.encoder import Encoder
from fuseboard.harness.runtime import profiling
from fuseboard.store.errors import FuseboardError

BATCHES = {"cpu": (1, 8, 32), "cuda": (1, 32, 128), "mps": (1, 32, 128)}
SECONDS = 2.0
"""Each batch size is timed for at least this long, and for two passes."""


@dataclass(frozen=True)
class Speed:
    """What one batch size gives."""

    batch_size: int
    images_per_s: float
    peak_rss_mb: float | None
    peak_vram_mb: float | None
    peak_vram_reserved_mb: float | None

    def __str__(self) -> str:
        vram = "" if self.peak_vram_mb is None else f", VRAM {self.peak_vram_mb:,.0f} MB"
        reserved = "" if self.peak_vram_reserved_mb is None else f" ({self.peak_vram_reserved_mb:,.0f} MB reserved)"
        rss = "" if self.peak_rss_mb is None else f", RSS {self.peak_rss_mb:,.0f} MB"
        return f"{self.images_per_s:,.1f} images/s{rss}{vram}{reserved}"


def speed(card: Card, loaded: Encoder, batch_size: int) -> Speed:
    """Times forward passes of one batch size, after one that is not counted."""
    pixels: NDArray[Any] = np.stack([card.preprocessing.pixels(canary.images()[i % 3]) for i in range(batch_size)])
    loaded.encode(pixels)
    meter, passes = profiling.Meter(loaded.device), 0
    while passes < 2 or meter.wall_s < SECONDS:
        loaded.encode(pixels)
        passes += 1
    return Speed(
        batch_size=batch_size,
        images_per_s=batch_size * passes / meter.wall_s,
        peak_rss_mb=meter.peak_rss_mb,
        peak_vram_mb=meter.peak_vram_mb,
        peak_vram_reserved_mb=meter.peak_vram_reserved_mb,
    )


def possible(card: Card, loaded: Encoder, batch_size: int) -> Speed | None:
    """Times a batch size; None where the device has no memory for it."""
    try:
        return speed(card, loaded, batch_size)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
    return None


def fitting(card: Card, loaded: Encoder, batch_size: int) -> Speed:
    """Times the largest batch size that fits, which is at most the given one and halved until it does.

    Raises:
        FuseboardError: a single image is too much.
    """
    while batch_size:
        if found := possible(card, loaded, batch_size):
            return found
        batch_size //= 2
    raise FuseboardError(f"{card.id}: {loaded.device} has no memory for a single image; take another --device")
