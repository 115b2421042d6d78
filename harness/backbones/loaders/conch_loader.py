"""CONCH's image tower, from the package of its authors (https://github.com/mahmoodlab/CONCH)."""

import json
from importlib import import_module

from fuseboard.harness.backbones import model_builder
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.encoder import TorchEncoder
from fuseboard.harness.backbones.model_builder import Tower
from fuseboard.store.errors import FuseboardError


def load(card: Card, device: str, trust: bool = False) -> TorchEncoder:
    """Returns the tower with the pinned weights; the package's own reading of checkpoints would unpickle them."""
    return model_builder.load(card, device, build)


def build(card: Card) -> Tower:
    """The published call `encode_image(x, proj_contrast=False, normalize=False)`: attention-pooled, not projected."""
    model_builder.check_pooling(card, ["attention"])
    package = "conch.open_clip_custom"
    coca_model, factory = import_module(f"{package}.coca_model"), import_module(f"{package}.factory")
    path = factory.CFG_DIR / f"{card.source.architecture}.json"
    if not path.is_file():
        raise FuseboardError(f"{card.id}: the package conch has no model {card.source.architecture!r}; mend the card")
    config = json.loads(path.read_text(encoding="utf-8"))
    model = coca_model._build_vision_tower(
        config["embed_dim"], config["vision_cfg"] | card.source.kwargs, config["embed_dim_caption"]
    )
    return Tower(model, model.forward_no_head)
