"""Backbones whose architecture is open_clip's; only the image tower runs."""

import open_clip

from harness.backbones import weights
from harness.backbones.card import Card
from harness.backbones.encoder import TorchEncoder
from store.errors import FuseboardError


def load(card: Card, device: str) -> TorchEncoder:
    """Builds the model by its open_clip name, fills in the pinned weights and keeps the projected image vector."""
    if card.pooling != "cls+proj":
        raise FuseboardError(f'{card.id}: open_clip gives the projected vector; say pooling = "cls+proj"')
    name = str(card.source.architecture)
    config = open_clip.get_model_config(name)
    if config is None:
        raise FuseboardError(f"{card.id}: open_clip {open_clip.__version__} has no model {name!r}; mend the card")
    weights.check_dim(card, int(config["embed_dim"]))
    path = weights.file_of(card)
    model = open_clip.create_model(name, pretrained=None, **card.source.kwargs)
    weights.fill(card, model, weights.state_dict(path))
    return TorchEncoder(card, model, model.encode_image, device)
