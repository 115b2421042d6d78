"""The check of a backbone: does it load, give the vectors it should, and at what speed."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness import profile
from harness.backbones import canary, encoder
from harness.backbones.card import Card

BATCH = 8
REPEATS = 4


@dataclass(frozen=True)
class Report:
    """What a check found."""

    card: Card
    vectors: NDArray[np.float32]
    """Of the canary images (3, D)."""
    difference: float | None
    """From the shipped canary, as a share of its scale; None where none was shipped or held against."""
    images_per_s: float
    load_s: float
    peak_rss_mb: float
    peak_vram_mb: float | None
    device: str

    def summary(self) -> dict[str, Any]:
        """The facts, for a table or JSON."""
        return {
            "backbone": self.card.id,
            "fingerprint": self.card.fingerprint,
            "dim": self.vectors.shape[1],
            "canary_difference": self.difference,
            "load_s": round(self.load_s, 3),
            "images_per_s": round(self.images_per_s, 1),
            "batch_size": BATCH,
            "peak_rss_mb": round(self.peak_rss_mb),
            "peak_vram_mb": None if self.peak_vram_mb is None else round(self.peak_vram_mb),
            "device": self.device,
        }


def check(card: Card, device: str, against_canary: bool = True, trust: bool = False) -> Report:
    """Loads a backbone and measures it.

    Raises:
        FuseboardError: the weights are not the pinned ones, the width is not the card's, or the canary differs.
    """
    meter = profile.Meter(device)
    loaded = encoder.load(card, device, trust)
    load_s = meter.wall_s
    vectors = canary.vectors(card, loaded)
    difference = canary.check(card, vectors) if against_canary else None
    pixels = np.stack([card.preprocessing.pixels(canary.images()[i % 3]) for i in range(BATCH)])
    loaded.encode(pixels)
    clock = profile.Meter(device)
    for _ in range(REPEATS):
        loaded.encode(pixels)
    return Report(
        card=card,
        vectors=vectors,
        difference=difference,
        images_per_s=BATCH * REPEATS / clock.wall_s,
        load_s=load_s,
        peak_rss_mb=meter.peak_rss_mb,
        peak_vram_mb=meter.peak_vram_mb,
        device=profile.hardware(loaded.device),
    )
