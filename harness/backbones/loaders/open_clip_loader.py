"""Backbones whose architecture is open_clip's; only the image tower is built, so no text model is downloaded."""

from typing import Any

import open_clip
from open_clip.model import _build_vision_tower

from fuseboard.harness.backbones import model_builder
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.encoder import TorchEncoder
from fuseboard.harness.backbones.model_builder import Tower
from fuseboard.store.errors import FuseboardError, unknown

PREFIX = "visual."
"""Where the image tower lies in a checkpoint, unless the card says otherwise (parallel training: `module.visual.`)."""


def load(card: Card, device: str, trust: bool = False) -> TorchEncoder:
    """Builds the image tower, fills in the pinned weights and keeps the projected image vector."""
    if card.source.prefix is None:
        source = card.source.model_copy(update={"prefix": PREFIX})
        card = card.model_copy(update={"source": source})
    return model_builder.load(card, device, build)


def build(card: Card) -> Tower:
    """The image tower of a configuration that open_clip knows by name, with the card's `kwargs` in its place."""
    model_builder.check_pooling(card, ["cls+proj"])
    name, config = card.source.architecture, dict[str, Any]()
    if name is not None:
        known = open_clip.get_model_config(name)
        if known is None:
            hint = unknown("architecture", name, open_clip.list_models(), f"open_clip {open_clip.__version__}")
            raise FuseboardError(f"{card.id}: {hint}; mend `architecture`")
        config = known
    config |= card.source.kwargs
    try:
        model = _build_vision_tower(config["embed_dim"], config["vision_cfg"], config.get("quick_gelu", False))
    except (KeyError, TypeError) as error:
        raise FuseboardError(
            f"{card.id}: open_clip cannot build its image tower ({error}); name an `architecture` or give `embed_dim` "
            "and `vision_cfg` in `kwargs`"
        ) from error
    return Tower(model, model)
