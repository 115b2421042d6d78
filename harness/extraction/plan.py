"""The plan of a split: the shards that it is cut into, which of them are there, and which this run made."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np

from fuseboard.harness.datasets.dataset import Dataset
from fuseboard.harness.extraction.shard_worker import Made, Piece
from fuseboard.store.embeddings import shards
from fuseboard.store.embeddings.manifest import Shard, SplitName


@dataclass
class Plan:
    """A split on its way into the manifest."""

    split: SplitName
    pieces: list[Piece]
    found: list[Shard | None]
    """Of each piece the shard, once it is there."""
    made: list[Made] = field(default_factory=list)
    """What this run made."""

    @classmethod
    def of(cls, dataset: Dataset, split: SplitName, shard_rows: int, folder: Path, about: dict[str, Any]) -> Self:
        """Cuts a split into shards, and takes over those that an earlier run left.

        Args:
            dataset: whose split is meant.
            split: of the dataset.
            shard_rows: images per shard.
            folder: where its shards lie.
            about: what every shard says of itself.
        """
        labels, columns = dataset.labels(split), dataset.columns(split)
        starts = range(0, len(labels), shard_rows)
        pieces = []
        for index, start in enumerate(starts):
            path = folder / shards.file_name(split, index, len(starts))
            ids = np.arange(start, min(start + shard_rows, len(labels)), dtype=np.uint32)
            own = {name: values[ids] for name, values in columns.items()}
            pieces.append(Piece(path, split, ids, labels[ids], own, about))
        return cls(split, pieces, [shards.adopt(p.path, p.ids, p.labels, p.about, p.columns) for p in pieces])

    @property
    def rows(self) -> int:
        """Images of the split."""
        return sum(len(piece.ids) for piece in self.pieces)

    @property
    def is_whole(self) -> bool:
        """Whether every shard is there."""
        return None not in self.found
