"""The feeder: batches that shrink until they fit."""

from pathlib import Path

import numpy as np
import pytest

from fuseboard.harness.backbones import loaders, registry
from fuseboard.harness.backbones.adaptive_batches import Feeder
from fuseboard.harness.datasets import registry as datasets
from fuseboard.harness.extraction.extract import extract
from fuseboard.store.errors import FuseboardError
from fuseboard.store.store import Store


class Small:
    """An encoder with room for three images."""

    device = "cpu"

    def __init__(self, room: int = 3, error: Exception | None = None) -> None:
        self.room, self.error = room, error or RuntimeError("DefaultCPUAllocator: can't allocate memory: …")
        self.batches: list[int] = []

    def encode(self, batch: np.ndarray) -> np.ndarray:
        if len(batch) > self.room:
            raise self.error
        self.batches.append(len(batch))
        return batch.reshape(len(batch), -1)[:, :1].astype(np.float32)


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")])
def test_it_halves_until_a_batch_fits_and_remembers(error: Exception) -> None:
    feeder = Feeder(small := Small(3, error), 16)
    pixels = np.arange(16, dtype=np.uint8).reshape(16, 1, 1, 1)
    np.testing.assert_array_equal(feeder.submit(pixels)()[:, 0], np.arange(16))
    assert feeder.size == 2
    assert small.batches == [2] * 8
    feeder.submit(pixels)()
    assert small.batches == [2] * 16, "what did not fit is not tried again"


def test_one_image_that_does_not_fit_is_an_error() -> None:
    with pytest.raises(FuseboardError, match=r"cpu has no memory for a single image; try --precision fp16"):
        Feeder(Small(0), 4).submit(np.zeros((4, 1, 1, 1), np.uint8))


def test_another_error_is_not_taken_for_it() -> None:
    with pytest.raises(RuntimeError, match="shape"):
        Feeder(Small(0, RuntimeError("shape mismatch")), 4).submit(np.zeros((4, 1, 1, 1), np.uint8))


def test_an_extraction_halves_and_says_so_in_its_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card, dataset = registry.get("pixels"), datasets.get("digits-first50")
    whole = extract(card, dataset, Store(tmp_path / "whole"))
    plain = loaders.load(card)

    class Tight:
        device = "cpu"

        def encode(self, batch: np.ndarray) -> np.ndarray:
            if len(batch) > 5:
                raise MemoryError
            return plain.encode(batch)

    monkeypatch.setattr(loaders, "load", lambda card, device, trust=False: Tight())
    tight = extract(card, dataset, Store(tmp_path / "tight"), batch_size=32)
    profile = tight.manifest.entry("digits-first50", "train").profile
    assert profile is not None
    assert profile.batch_size == 4
    assert [shard.sha256 for _, _, shard in tight.manifest.shards()] == [
        shard.sha256 for _, _, shard in whole.manifest.shards()
    ]


def test_out_of_memory_in_the_middle_keeps_whole_shards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card, dataset = registry.get("pixels"), datasets.get("digits")
    plain, left = loaders.load(card), [40]

    class Dying:
        device = "cpu"

        def encode(self, batch: np.ndarray) -> np.ndarray:
            left[0] -= 1
            if left[0] < 0:
                raise MemoryError
            return plain.encode(batch)

    monkeypatch.setattr(loaders, "load", lambda card, device, trust=False: Dying())
    with pytest.raises(FuseboardError, match="no memory for a single image"):
        extract(card, dataset, Store(tmp_path), shard_rows=100)
    assert not list(tmp_path.rglob(".tmp-*"))
    assert len(list(tmp_path.rglob("*.parquet"))) == 3
