"""Embedding by names: which backbones and which store are meant, and images embedded with one of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fuseboard.harness.backbones import card as cards
from fuseboard.harness.backbones import registry
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.fusion.embedder import Embedder, Vectors, refuse_faults
from fuseboard.harness.fusion.pictures import pictures_of
from fuseboard.store.embeddings.join import Blocks
from fuseboard.store.embeddings.manifest import CARD
from fuseboard.store.embeddings.reading import PLAIN, Reading
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError, UsageError
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


def cards_for(images: Any, backbones: Sequence[str | Card] | None, precision: str | None = None) -> list[Card]:
    """Returns the cards of the backbones that are named, else of the blocks where all have one, else the offline ones.

    Blocks of which one has no card have none: they can be learned from, and no image can be embedded for them.

    Raises:
        FuseboardError: a block of the store is of another version than the named card makes.
    """
    if not isinstance(images, Blocks | Mapping):
        return cards_of(registry.OFFLINE if backbones is None else backbones, precision)
    if backbones is not None:
        named = cards_of(backbones, precision)
        for card in named:
            version = images.versions.get(card.id) if isinstance(images, Blocks) else None
            if version is not None and version.manifest.fingerprint != card.fingerprint:
                raise FuseboardError(
                    f"the block of {version.spec} is of another version than the card makes, {card.fingerprint}; take "
                    "the blocks of that version, or leave `backbones` out"
                )
        return named
    if isinstance(images, Blocks):
        found = [card_of(version) for version in images.versions.values()]
    else:
        found = [registry.get(name) if name in registry.names() else None for name in images]
    known = [card for card in found if card is not None and not card.unpinned]
    return known if len(known) == len(found) else []


def card_of(version: Version) -> Card | None:
    """Returns the card that makes a version: the shipped one, or the one that lies beside its manifest, or none."""
    name, beside = version.manifest.backbone, version.folder / CARD
    known = [registry.get(name)] if name in registry.names() else []
    known += [cards.read(beside)] if beside.is_file() else []
    made = (card for card in known if not card.unpinned and card.fingerprint == version.manifest.fingerprint)
    return next(made, None)


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
