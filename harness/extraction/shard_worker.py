"""The maker: one backbone on one dataset, which makes shards, here or on a worker of a cluster."""

import tomllib
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from multiprocessing import current_process
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.backbones import canary
from fuseboard.harness.backbones.adaptive_batches import Feeder
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.decoders import Decoders
from fuseboard.harness.backbones.pipeline import embed_each
from fuseboard.harness.datasets.dataset import Dataset, Reader
from fuseboard.harness.runtime import profiling
from fuseboard.harness.runtime.precision import against_nan
from fuseboard.store.arrays import Labels
from fuseboard.store.embeddings import shards
from fuseboard.store.embeddings.manifest import ColumnName, Shard, SplitName

DECODERS = 16
"""Processes that decode for one GPU at most: some 600 images/s each, so together more than any backbone embeds."""

MANY = 2_048
"""Images from which they are worth their start: threads came to 700 to 1,100 images/s beside an H100."""


@dataclass(frozen=True)
class Piece:
    """A shard to be made: consecutive rows of a split."""

    path: Path
    split: SplitName
    ids: NDArray[np.uint32]
    labels: Labels
    columns: dict[ColumnName, NDArray[Any]]
    about: dict[str, Any]
    known: Mapping[int, NDArray[np.floating[Any]]] = field(default_factory=dict)
    """Id -> the vector (D,) of an image that was embedded before."""

    @property
    def lacking(self) -> NDArray[np.uint32]:
        """Ids of the images that are to be embedded."""
        return self.ids if not self.known else self.ids[[number not in self.known for number in self.ids.tolist()]]

    def write(self, made: NDArray[np.floating[Any]], dtype: Any, mend: str = "") -> Shard:
        """Writes the shard.

        Args:
            made: vectors (n, D) of the images that were lacking.
            dtype: of the vectors in the shard.
            mend: what helps against a NaN or an infinity.
        """
        matrix = made.astype(dtype)
        if self.known:
            matrix = np.empty((len(self.ids), made.shape[1]), dtype)
            lacks = np.isin(self.ids, self.lacking)
            matrix[lacks] = made
            matrix[~lacks] = [self.known[number] for number in self.ids[~lacks].tolist()]
        return shards.write(self.path, self.ids, self.labels, matrix, self.about, self.columns, mend)


@dataclass(frozen=True)
class Made:
    """A shard that was made, and what it cost."""

    shard: Shard
    images: int
    """That were embedded for it."""
    wall_s: float
    batch_size: int
    device: str
    peak_rss_mb: float | None
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

    def make(
        self, pieces: Sequence[Piece], advance: Callable[[int], None] = lambda count: None
    ) -> Generator[Made, None, None]:
        """Embeds the rows of pieces, and writes each shard in one step while the next is computed.

        The seconds of a shard begin where those of the one before it end, so their sum is the time that passed. A
        piece that fails is raised after those before it have been handed out.
        """
        writing: Callable[[], Made] | None = None
        with ExitStack() as stack:
            decoders = self._decoders(pieces, stack)  # they start while the backbone is loaded
            feeder, of_canary = self.loaded  # before the clock starts
            writer = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="write"))
            matrices = stack.enter_context(closing(self._embed(pieces, feeder, advance, decoders)))
            meter = profiling.Meter(self.device)
            for piece in pieces:
                try:
                    vectors = next(matrices)
                except Exception:
                    if writing is not None:
                        yield writing()
                    raise
                if writing is not None:
                    yield writing()
                shard = writer.submit(piece.write, vectors, self.dtype, against_nan(self.card.precision, self.card.id))
                writing = partial(_made, shard, len(vectors), self._cost(meter, feeder, of_canary))
                meter = profiling.Meter(self.device)
            if writing is not None:
                yield writing()

    def _cost(self, meter: profiling.Meter, feeder: Feeder, vectors: NDArray[np.float32]) -> dict[str, Any]:
        return {
            "wall_s": meter.wall_s,
            "batch_size": feeder.size,
            "device": profiling.hardware(feeder.encoder.device),
            "peak_rss_mb": meter.peak_rss_mb,
            "peak_vram_mb": meter.peak_vram_mb,
            "peak_vram_reserved_mb": meter.peak_vram_reserved_mb,
            "canary": vectors,
        }

    def _decoders(self, pieces: Sequence[Piece], stack: ExitStack) -> Decoders | None:
        """Starts processes that decode, where a GPU is given files that are many enough."""
        images, workers = sum(len(piece.lacking) for piece in pieces), min(DECODERS, profiling.cores())
        if self.device == "cpu" or not self.dataset.decodes or images < MANY or workers < 2:
            return None
        if current_process().daemon:  # which may have no children
            return None
        ready = self.card.preprocessing
        shape = ready.size, ready.size, len(ready.mode)
        return stack.enter_context(closing(Decoders(ready.prepare, shape, self.batch_size, workers)))

    def _embed(
        self, pieces: Sequence[Piece], feeder: Feeder, advance: Callable[[int], None], decoders: Decoders | None
    ) -> Generator[NDArray[np.float32], None, None]:
        sources = ((self._readers(piece), len(piece.lacking)) for piece in pieces)
        return embed_each(sources, self.card.preprocessing.prepare, feeder, advance, decoders)

    def _readers(self, piece: Piece) -> Iterator[Reader]:
        if piece.known:
            return self.dataset.pick(piece.split, piece.lacking.astype(np.intp))
        return self.dataset.readers(piece.split, int(piece.ids[0]), int(piece.ids[-1]) + 1)


def _made(shard: Future[Shard], images: int, cost: dict[str, Any]) -> Made:
    """Waits until a shard is on the disk."""
    return Made(shard.result(), images, **cost)


def on_worker(card: str, maker: Maker, piece: Piece) -> Made:
    """Makes a shard on a worker, whose process keeps the backbone that the card's text describes for the next one."""
    loaded = _kept(card, maker.card.source.card, maker.device, maker.batch_size, maker.trust, maker.recorded)
    (made,) = replace(maker, _loaded=loaded).make([piece])
    return made


@lru_cache(maxsize=1)
def _kept(
    text: str, file: Path | None, device: str, batch_size: int, trust: bool, recorded: canary.Recorded
) -> tuple[Feeder, NDArray[np.float32]]:
    card = Card.model_validate(tomllib.loads(text))
    card.source.lie_in(file)
    encoder, vectors = canary.load(card, device, trust, recorded)
    return Feeder(encoder, batch_size), vectors
