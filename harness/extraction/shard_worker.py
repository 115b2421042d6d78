"""The maker: one backbone on one dataset, which makes shards, here or on a worker of a cluster."""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.backbones import canary
from fuseboard.harness.backbones.adaptive_batches import Feeder
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.pipeline import embed
from fuseboard.harness.datasets.dataset import Dataset
from fuseboard.harness.runtime import profiling
from fuseboard.store.arrays import Labels
from fuseboard.store.embeddings import shards
from fuseboard.store.embeddings.manifest import ColumnName, Shard, SplitName


@dataclass(frozen=True)
class Piece:
    """A shard to be made: consecutive rows of a split."""

    path: Path
    split: SplitName
    ids: NDArray[np.uint32]
    labels: Labels
    columns: dict[ColumnName, NDArray[Any]]
    about: dict[str, Any]


@dataclass(frozen=True)
class Made:
    """A shard that was made, and what it cost."""

    shard: Shard
    wall_s: float
    batch_size: int
    device: str
    peak_rss_mb: float
    peak_vram_mb: float | None
    peak_vram_reserved_mb: float | None
    canary: NDArray[np.float32]


@dataclass
class Maker:
    """Loads its backbone when the first shard, or the canary, needs it; a copy sent to a worker loads it there."""

    card: Card
    dataset: Dataset
    device: str
    batch_size: int
    trust: bool = False
    recorded: canary.Recorded = ()
    """The canary of the version that the shards join."""
    _loaded: tuple[Feeder, NDArray[np.float32]] | None = field(default=None, repr=False)

    @property
    def loaded(self) -> tuple[Feeder, NDArray[np.float32]]:
        """The backbone and the vectors of its canary."""
        if self._loaded is None:
            encoder, vectors = canary.load(self.card, self.device, self.trust, self.recorded)
            self._loaded = Feeder(encoder, self.batch_size), vectors
        return self._loaded

    @property
    def dtype(self) -> Any:
        """Half precision is kept as it was computed; bfloat16 has no Parquet type and is widened."""
        return "float16" if self.card.precision == "fp16" else "float32"

    def make(self, piece: Piece, advance: Callable[[int], None] = lambda count: None) -> Made:
        """Embeds the rows of a piece and writes its shard in one step."""
        feeder, vectors = self.loaded  # before the clock starts
        meter = profiling.Meter(self.device)
        readers = self.dataset.readers(piece.split, int(piece.ids[0]), int(piece.ids[-1]) + 1)
        prepare = self.card.preprocessing.prepare
        matrix = embed(readers, len(piece.ids), prepare, feeder, advance).astype(self.dtype)
        shard = shards.write(piece.path, piece.ids, piece.labels, matrix, piece.about, piece.columns)
        return Made(
            shard=shard,
            wall_s=meter.wall_s,
            batch_size=feeder.size,
            device=profiling.hardware(feeder.encoder.device),
            peak_rss_mb=meter.peak_rss_mb,
            peak_vram_mb=meter.peak_vram_mb,
            peak_vram_reserved_mb=meter.peak_vram_reserved_mb,
            canary=vectors,
        )


def on_worker(card: str, maker: Maker, piece: Piece) -> Made:
    """Makes a shard on a worker, whose process keeps the backbone that the card's text describes for the next one."""
    loaded = _kept(card, maker.device, maker.batch_size, maker.trust, maker.recorded)
    return replace(maker, _loaded=loaded).make(piece)


@lru_cache(maxsize=1)
def _kept(
    card: str, device: str, batch_size: int, trust: bool, recorded: canary.Recorded
) -> tuple[Feeder, NDArray[np.float32]]:
    encoder, vectors = canary.load(Card.model_validate(tomllib.loads(card)), device, trust, recorded)
    return Feeder(encoder, batch_size), vectors
