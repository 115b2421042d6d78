"""Embedding by names: which backbones and which store are meant, and images embedded with one of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fuseboard.harness.backbones import card as cards
from fuseboard.harness.backbones import registry
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.derived import card as derived
from fuseboard.harness.derived.card import AnyCard, DerivedCard
from fuseboard.harness.fusion.block_card import BlockCard
from fuseboard.harness.fusion.embedder import Embedder, Vectors, refuse_faults
from fuseboard.harness.fusion.pictures import pictures_of
from fuseboard.harness.metadata import card as metadata
from fuseboard.store.embeddings import private
from fuseboard.store.embeddings.derived import source_of
from fuseboard.store.embeddings.join import Blocks
from fuseboard.store.embeddings.manifest import CARD
from fuseboard.store.embeddings.reading import PLAIN, Reading
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.store import Store


def cards_of(backbones: Sequence[str | AnyCard], precision: str | None = None) -> list[AnyCard]:
    """Returns the cards of names, of paths to cards of one's own, or of cards; in alphabetical order."""
    if isinstance(backbones, str):
        backbones = [backbones]
    found: list[AnyCard] = []
    for one in backbones:
        found += _named(one) if isinstance(one, str) else [one]
    if not found:
        raise UsageError("no backbone is named; give at least one, for example efficientnet-lite0")
    if twice := {card.id for card in found if sum(other.id == card.id for other in found) > 1}:
        raise UsageError(f"backbone {min(twice)} is named twice; a subset holds it once")
    cards = [card if precision is None else card.at_precision(precision) for card in found]
    return sorted(cards, key=lambda card: card.id)


def _named(name: str) -> list[AnyCard]:
    """The cards that a name means; of a derived version one that is still to be fitted."""
    smaller = derived.asked(name)
    if smaller is None or name in registry.names():
        return [*registry.get_all([name])]
    return [DerivedCard(registry.get(smaller[0]), smaller[1])]


def cards_for(images: Any, backbones: Sequence[str | AnyCard] | None, precision: str | None = None) -> list[BlockCard]:
    """Returns the cards of the backbones that are named, else of the blocks where all have one, else the offline ones.

    Blocks of which one has no card have none: they can be learned from, and no image can be embedded for them.

    Raises:
        FuseboardError: a block of the store is of another version than the named card makes.
    """
    if not isinstance(images, Blocks | Mapping):
        return [*cards_of(registry.OFFLINE if backbones is None else backbones, precision)]
    if backbones is not None:
        versions = images.versions if isinstance(images, Blocks) else {}
        named = [_fitted(card, versions.get(card.id)) for card in cards_of(backbones, precision)]
        for card in named:
            version = versions.get(card.id)
            if version is not None and version.manifest.fingerprint != card.fingerprint:
                raise FuseboardError(
                    f"the block of {version.spec} is of another version than the card makes, {card.fingerprint}; take "
                    "the blocks of that version, or leave `backbones` out"
                )
        return [*named]
    found: list[BlockCard | None]
    if isinstance(images, Blocks):
        found = [card_of(version) for version in images.versions.values()]
    else:
        found = [registry.get(name) if name in registry.names() else None for name in images]
    known = [card for card in found if card is not None and not card.unpinned]
    return known if len(known) == len(found) else []


def _fitted(card: AnyCard, version: Version | None) -> AnyCard:
    """A derived card as a version of it was fitted; any other as it is."""
    if version is None or not isinstance(card, DerivedCard) or card.transform is not None:
        return card
    return derived.of_version(version, card.base) or card


def card_of(version: Version) -> BlockCard | None:
    """Returns the card that makes a version: the shipped one, or the one that lies beside its manifest, or none.

    That of a derived version is its source's, with its transform; that of metadata is their encoding.
    """
    if private.is_metadata(version.manifest):
        return metadata.of_version(version)
    origin, beside = source_of(version.manifest), version.folder / CARD
    name = version.manifest.backbone if origin is None else origin[0]
    known = [registry.get(name)] if name in registry.names() else []
    known += [cards.read(beside)] if beside.is_file() else []
    if origin is not None:
        return next((made for card in known if (made := derived.of_version(version, card)) is not None), None)
    own = (card for card in known if not card.unpinned and card.fingerprint == version.manifest.fingerprint)
    return next(own, None)


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
