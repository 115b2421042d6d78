"""Embedding by names: which backbones and which store are meant, and images embedded with one of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fuseboard.harness.backbones import registry
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.fusion.embedder import Embedder, Vectors, refuse_faults
from fuseboard.harness.fusion.pictures import pictures_of
from fuseboard.store.embeddings.reading import PLAIN, Reading
from fuseboard.store.errors import UsageError
from fuseboard.store.store import Store


def cards_of(backbones: Sequence[str | Card], precision: str | None = None) -> list[Card]:
    """Returns the cards of names, of paths to cards of one's own, or of cards; in alphabetical order."""
    if isinstance(backbones, str):
        backbones = [backbones]
    found: list[Card] = []
    for one in backbones:
        found += [one] if isinstance(one, Card) else registry.get_all([one])
    if not found:
        raise UsageError("no backbone is named; give at least one, for example efficientnet-lite0")
    if twice := {card.id for card in found if sum(other.id == card.id for other in found) > 1}:
        raise UsageError(f"backbone {min(twice)} is named twice; a subset holds it once")
    cards = [card if precision is None else card.at_precision(precision) for card in found]
    return sorted(cards, key=lambda card: card.id)


def root_of(store: Store | str | Path | None) -> Path:
    """Returns the folder of a store; that of the default one when None."""
    return store.root if isinstance(store, Store) else Store(store).root


def embed_images(
    images: Any,
    backbone: str | Card,
    *,
    store: Store | str | Path | None = None,
    device: str | None = None,
    batch_size: int | None = None,
    precision: str | None = None,
    reading: Reading = PLAIN,
    trust: bool = False,
) -> Vectors:
    """Embeds images with one backbone.

    Args:
        images: paths, PIL images, uint8 arrays, a column of a `datasets` dataset, or a torch Dataset.
        backbone: a name of `fuseboard.backbones`, the path of a card of one's own, or a card.
        store: keeps the vectors, so that no image is embedded twice; the default store when None.
        device: `cpu`, `cuda` or `cuda:N`; the GPU where there is one when None.
        batch_size: images per forward pass at most.
        precision: `fp32`, `tf32`, `bf16` or `fp16`; the card's when None.
        reading: how files are read, where their format does not say it.
        trust: whether code of the backbone's repository may run.

    Returns:
        Vectors (N, D) as float32, in the order of the images.

    Raises:
        FuseboardError: an image cannot be read, or the weights are not the pinned ones.
    """
    (card,) = cards_of([backbone], precision)
    embedded = Embedder([card], root_of(store), device, batch_size, trust).embed(pictures_of(images, reading))
    refuse_faults(embedded)
    return embedded.blocks[card.id]
