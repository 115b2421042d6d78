"""Fusing for one's own images: embed them, take the subset that a search chose, fit it, predict."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fuseboard.harness.backbones import adaptive_batches, canary, registry
from fuseboard.harness.backbones import card as cards
from fuseboard.harness.backbones.adaptive_batches import Feeder
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.pipeline import embed
from fuseboard.harness.classifiers.fusion import CONCAT, Subset
from fuseboard.harness.datasets import image_check, image_files, image_io
from fuseboard.harness.datasets.dataset import LIMIT, Reader
from fuseboard.harness.protocols.protocol import Protocol
from fuseboard.harness.search import strategies
from fuseboard.harness.search.search import Search
from fuseboard.store.embeddings.manifest import CARD
from fuseboard.store.embeddings.reading import PLAIN, Reading
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.files.progress import counting
from fuseboard.store.results.evaluations import FUSION
from fuseboard.store.store import Store


@dataclass(frozen=True)
class Prediction:
    """What the chosen subset says about some images."""

    subset: Subset
    paths: tuple[Path, ...]
    scores: NDArray[np.float32]
    """(N, C) class probabilities; a binary task has one column, that of the second class."""


def find_images(folder: Path) -> tuple[list[Path], tuple[str, ...]]:
    """Every image file below a folder, by the walk and in the order of a dataset; and remarks."""
    images, others = image_files.find(folder)
    if not images:
        raise UsageError(f"{folder}: no image there; looked for {', '.join(sorted(image_files.ENDINGS))}")
    return [folder / path for path in images], (image_files.left_out(others),) if others else ()


def searched(store: Store, dataset: str, protocol: Protocol) -> list[str]:
    """The backbones whose subsets were measured before; none where nothing was.

    A backbone that was extracted since does not change what a search has chosen.
    """
    rows = store.rows(FUSION.name, dataset)
    own = rows.filter(pl.col("protocol") == protocol.name, pl.col("protocol_digest") == protocol.digest)
    holding = {v.manifest.backbone for v in store.readable_versions if dataset in v.manifest.datasets}
    return sorted({name for subset in own["subset"].to_list() for name in subset} & holding)


def reading_of(search: Search) -> Reading:
    """How the images were read that the stored vectors are of; a version from before it was kept says nothing."""
    entries = [version.manifest.datasets[search.dataset] for version in search.pool.versions.values()]
    return next((entry.reading for entry in entries if entry.reading != PLAIN), PLAIN)


def predict(
    search: Search,
    paths: Sequence[Path],
    batch_size: int | None,
    reading: Reading | None = None,
    limit: int = LIMIT,
    strategy: str = "exhaustive",
    subset: Subset = (),
) -> Prediction:
    """Searches what is not known yet, fits the chosen subset on the training split and predicts one's own images.

    The images go through the very preprocessing and weights of the stored vectors: a version that no shipped card
    makes is refused rather than approximated.

    Args:
        search: over the pool that the subset is of.
        paths: of the images.
        batch_size: images per forward pass at most.
        reading: of the images; as those were read that the stored vectors are of, by default.
        limit: pixels of an image at most.
        strategy: that chooses the subset.
        subset: is taken, and nothing is searched, where it is given.
    """
    reading = reading_of(search) if reading is None else reading
    image_check.check(paths, reading, limit, "own images · checking")
    if not subset:
        subset = search.run(strategies.get(strategy)).chosen
        if search.recipe.fusion != CONCAT:
            raise UsageError(f"{strategy} chooses a vote, and one fit of joined embeddings is wanted; take another")
    cards = {name: _card_of(search, name) for name in subset}
    readers = [partial(image_io.read, path, reading, limit) for path in paths]
    blocks = [_embed(cards[name], readers, search.device, batch_size) for name in subset]
    train = search.pool.blocks("train", subset)
    fitted = search.classifier.fit([train.features[name] for name in subset], train.labels)
    return Prediction(tuple(subset), tuple(paths), fitted.predict(blocks))


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


def _embed(card: Card, readers: Sequence[Reader], device: str, batch_size: int | None) -> NDArray[np.float32]:
    loaded, _ = canary.load(card, device)
    with counting(f"{card.id} · own images", len(readers)) as advance:
        fed = Feeder(loaded, batch_size or adaptive_batches.batch_size(device))
        return embed(iter(readers), len(readers), card.preprocessing.prepare, fed, advance)
