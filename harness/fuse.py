"""Fusing for one's own images: embed them, take the subset that a search chose, fit it, predict."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from harness import fusion
from harness.backbones import canary, registry
from harness.backbones.card import Card
from harness.embedding import embed
from harness.feeder import Feeder
from harness.progress import progress
from harness.search import strategies
from harness.search.engine import Search
from store.errors import FuseboardError, UsageError

ENDINGS = frozenset((".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp"))


@dataclass(frozen=True)
class Prediction:
    """What the chosen subset says about some images."""

    subset: fusion.Subset
    paths: tuple[Path, ...]
    scores: NDArray[np.float32]
    """(N, C) class probabilities; a binary task has one column, that of the second class."""


def find_images(folder: Path) -> list[Path]:
    """Every image file below a folder, in the order of their paths."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS)
    if not paths:
        raise UsageError(f"{folder}: no image there; looked for {', '.join(sorted(ENDINGS))}")
    return paths


def predict(search: Search, paths: Sequence[Path], batch_size: int) -> Prediction:
    """Searches what is not known yet, fits the chosen subset on the training split and predicts one's own images.

    The images go through the very preprocessing and weights of the stored vectors: a version that no shipped card
    makes is refused rather than approximated.
    """
    subset = search.run(strategies.exhaustive).chosen
    cards = {name: _card_of(search, name) for name in subset}
    blocks = [_embed(cards[name], paths, search.device, batch_size) for name in subset]
    train = search.pool.blocks("train", subset)
    fitted = search.classifier.fit(fusion.concat([train.features[name] for name in subset]), train.labels)
    return Prediction(subset, tuple(paths), fitted.predict(fusion.concat(blocks)))


def _card_of(search: Search, name: str) -> Card:
    version = search.pool.versions[name]
    card = registry.get(name)
    if card.fingerprint != version.manifest.fingerprint:
        raise FuseboardError(
            f"{version.spec}: the present card of {name} makes other vectors ({card.fingerprint}); extract the dataset "
            "again with it"
        )
    return card


def _embed(card: Card, paths: Sequence[Path], device: str, batch_size: int) -> NDArray[np.float32]:
    loaded, _ = canary.load(card, device)
    images = (_read(path) for path in paths)
    with progress(f"{card.id} · own images", len(paths)) as advance:
        return embed(images, len(paths), card.preprocessing.pixels, Feeder(loaded, batch_size), advance)


def _read(path: Path) -> NDArray[np.uint8]:
    """(H, W) for grey images, (H, W, 3) for all others."""
    try:
        with Image.open(path) as picture:
            return np.asarray(picture if picture.mode == "L" else picture.convert("RGB"))
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError) as error:
        raise FuseboardError(f"{path}: not a readable image ({error}); remove or mend it") from error
