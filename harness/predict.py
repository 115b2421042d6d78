"""Fusing for one's own images: embed them, take the subset that a search chose, fit it, predict."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.backbones import adaptive_batches, canary, registry
from fuseboard.harness.backbones import card as cards
from fuseboard.harness.backbones.adaptive_batches import Feeder
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.pipeline import embed
from fuseboard.harness.classifiers import fusion
from fuseboard.harness.datasets import image_io
from fuseboard.harness.search import strategies
from fuseboard.harness.search.search import Search
from fuseboard.store.embeddings.manifest import CARD
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.files.progress import counting


@dataclass(frozen=True)
class Prediction:
    """What the chosen subset says about some images."""

    subset: fusion.Subset
    paths: tuple[Path, ...]
    scores: NDArray[np.float32]
    """(N, C) class probabilities; a binary task has one column, that of the second class."""


def find_images(folder: Path) -> list[Path]:
    """Every image file below a folder, in the order of their paths."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in image_io.ENDINGS)
    if not paths:
        raise UsageError(f"{folder}: no image there; looked for {', '.join(sorted(image_io.ENDINGS))}")
    return paths


def predict(search: Search, paths: Sequence[Path], batch_size: int | None, bits: int | None = None) -> Prediction:
    """Searches what is not known yet, fits the chosen subset on the training split and predicts one's own images.

    The images go through the very preprocessing and weights of the stored vectors: a version that no shipped card
    makes is refused rather than approximated. `bits` is for 16-bit grey images, as in the TOML of one's own dataset.
    """
    subset = search.run(strategies.get("exhaustive")).chosen
    cards = {name: _card_of(search, name) for name in subset}
    blocks = [_embed(cards[name], paths, search.device, batch_size, bits) for name in subset]
    train = search.pool.blocks("train", subset)
    fitted = search.classifier.fit([train.features[name] for name in subset], train.labels)
    return Prediction(subset, tuple(paths), fitted.predict(blocks))


def _card_of(search: Search, name: str) -> Card:
    """The card that made a version: the shipped one, or the one of one's own that lies beside the manifest."""
    version = search.pool.versions[name]
    beside = version.folder / CARD
    known = [registry.get(name)] if name in registry.names() else []
    known += [cards.read(beside)] if beside.is_file() else []
    for card in known:
        if not card.unpinned and card.fingerprint == version.manifest.fingerprint:
            return card
    raise FuseboardError(
        f"{version.spec}: no card makes these vectors, neither the present one of {name} nor {beside}; extract the "
        "dataset again"
    )


def _embed(
    card: Card, paths: Sequence[Path], device: str, batch_size: int | None, bits: int | None
) -> NDArray[np.float32]:
    loaded, _ = canary.load(card, device)
    readers, pixels = (partial(image_io.read, path, bits) for path in paths), card.preprocessing.pixels
    with counting(f"{card.id} · own images", len(paths)) as advance:
        fed = Feeder(loaded, batch_size or adaptive_batches.batch_size(device))
        return embed(readers, len(paths), lambda read: pixels(read()), fed, advance)
