"""Extraction: how close the whole line comes to the bare forward pass."""

from collections.abc import Callable
from itertools import count
from pathlib import Path

import numpy as np

from harness.backbones import encoder, registry
from harness.datasets import registry as datasets
from harness.extract import extract

BATCH = 8


def test_extraction_against_the_forward_pass(tmp_path: Path, ratio: Callable[..., float]) -> None:
    card, dataset = registry.get("efficientnet-lite0"), datasets.get("digits-first80")
    loaded, numbers = encoder.load(card), count()
    pixels = np.random.default_rng(0).integers(0, 256, (BATCH, 224, 224, 3), dtype=np.uint8)

    def bare() -> None:
        for _ in range(3 * 80 // BATCH):
            loaded.encode(pixels)

    def whole() -> None:
        extract(card, dataset, tmp_path / str(next(numbers)), batch_size=BATCH)

    # The line loads the model and runs the canary as well, which 240 images cannot hide.
    assert ratio(whole, bare, rounds=2) > 0.4
