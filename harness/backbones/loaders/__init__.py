"""Loaders: one module per library that models come from; each has `load(card, device, trust)`."""

from types import ModuleType

from fuseboard.harness.backbones.card import LOADERS, Card
from fuseboard.harness.backbones.encoder import Encoder
from fuseboard.store import registry
from fuseboard.store.errors import FuseboardError


def module(card: Card) -> ModuleType:
    """The module of the loader that a card names, imported only now: each needs a library of its own."""
    loader: ModuleType = registry.load(f"{__name__}.{LOADERS[card.source.loader]}")
    return loader


def load(card: Card, device: str = "cpu", trust: bool = False) -> Encoder:
    """Loads a backbone with the loader that its card names.

    Args:
        card: fully pinned; nothing that is not pinned is read.
        device: `cpu`, or the name of a CUDA device.
        trust: whether code from the card's repository may run, on cards that need it.

    Raises:
        FuseboardError: a pin is missing, the model needs code that is not trusted, or model and card disagree.
    """
    card.require_pins()
    if card.trust and not trust:
        raise FuseboardError(
            f"{card.id}: its model is code of {card.source.place} at {card.source.revision}, which would run on this "
            "machine; read it there, then pass --trust-remote-code"
        )
    if card.source.random is not None:
        from fuseboard.harness.backbones import model_builder

        return model_builder.untrained(card, device, module(card).build, card.source.random)
    encoder: Encoder = module(card).load(card, device, trust)
    return encoder
