"""A dataset of named images, one of numbered ones, a card, and vectors as people save them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from fuseboard.store.embeddings.declaration import NOTHING
from fuseboard.store.embeddings.manifest import SPLITS, Backbone
from fuseboard.store.embeddings.reading import PLAIN

DIM, ROWS = 4, {"train": 30, "val": 10, "test": 12}


@dataclass
class Images:
    """`benign/000.png`, `benign/001.png`, `malignant/002.png`, … in every split, or rows that have numbers alone."""

    named: bool = True
    name: str = "lesions"
    task: str = "binary-class"
    label_names: tuple[str, ...] = ("benign", "malignant")
    licence: str = "CC BY 4.0"
    source_md5: str = "0" * 32
    splits: Any = SPLITS
    at_hand: bool = True
    reading: Any = PLAIN
    declares: Any = NOTHING

    def labels(self, split: str) -> Any:
        if len(self.label_names) == 3:
            return (np.arange(ROWS[split])[:, None] % np.array([2, 3, 4]) == 0).astype(np.uint8)
        return (np.arange(ROWS[split]) // 2 % 2).astype(np.uint16)

    def as_divided(self, root: Path) -> "Images":
        return self

    def record(self, root: Path) -> None:
        pass

    def paths(self, split: str) -> list[str] | None:
        if not self.named:
            return None
        start = {"train": 0, "val": 100, "test": 200}[split]
        return [f"{self.label_names[row // 2 % 2]}/{start + row:03}.png" for row in range(ROWS[split])]

    def columns(self, split: str) -> dict[str, Any]:
        return {}


ABOUT = Backbone(
    title="Beta", licence="MIT", redistribution="embeddings", parameters=1, source="beta on the Hub", paper=None,
    pretraining=(), overlap=(),
)  # fmt: skip


@dataclass
class Card:
    """The card of a model."""

    id: str = "beta"
    dim: int = DIM
    identity: dict[str, Any] = field(default_factory=lambda: {"source": {"loader": "x"}, "precision": "fp32"})
    about: Backbone = ABOUT

    def toml(self) -> str:
        return 'id = "beta"\n'


def vectors(split: str, dtype: Any = np.float32) -> Any:
    """(N, D): the numbers of a row tell which it is."""
    start = {"train": 0, "val": 100, "test": 200}[split]
    rows = np.arange(start, start + ROWS[split])
    return np.stack([rows, rows // 2 % 2 * 50, np.sqrt(rows), np.ones_like(rows)], axis=1).astype(dtype)
