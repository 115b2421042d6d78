"""Backbones whose architecture is timm's."""

from typing import Any, cast

import timm
import torch

from harness.backbones import weights
from harness.backbones.card import Card
from harness.backbones.encoder import TorchEncoder
from store.errors import FuseboardError

POOLING = {"avg": "avg", "cls": "token", "none": ""}
"""Our words for timm's; timm's own default differs from model to model, so it is never left to the library."""


def load(card: Card, device: str) -> TorchEncoder:
    """Builds the architecture, then fills in the pinned weights without the classification head."""
    if card.pooling not in POOLING:
        raise FuseboardError(f"{card.id}: timm has no pooling {card.pooling!r}; known: {', '.join(POOLING)}")
    name = str(card.source.architecture)
    if not timm.is_model(name):
        raise FuseboardError(
            f"{card.id}: timm {timm.__version__} has no architecture {name!r}; mend the card or update timm"
        )
    with torch.device("meta"):
        model = timm.create_model(name, pretrained=False, **card.source.kwargs)
    weights.check_dim(card, cast(int, model.num_features))
    path = weights.file_of(card)
    model = model.to_empty(device="cpu")
    weights.fill(card, model, weights.state_dict(path))
    cast(Any, model).reset_classifier(0, POOLING[card.pooling])
    return TorchEncoder(card, model, model, device)
