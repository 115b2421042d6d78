"""MedImageInsight's image tower: a DaViT that timm has as Florence-2's, and the projection beside the language tower.

With random weights it gives the same vectors as `UniCLModel.encode_image(norm=False)` of the package medimageinsights
0.1.1, to 1e-5; that package is not needed here, and would bring MPI.
"""

from typing import Any

import timm
from timm.models import davit
from torch import nn

from fuseboard.harness.backbones import model_builder
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.encoder import TorchEncoder
from fuseboard.harness.backbones.model_builder import Tensors, Tower

TOWER, PROJECTION = "image_encoder.", "image_projection"


def load(card: Card, device: str, trust: bool = False) -> TorchEncoder:
    """Returns the tower with the pinned weights; the text tower is never built."""
    return model_builder.load(card, device, build)


def build(card: Card) -> Tower:
    """The tower whose last layer is the projection of the card's width; vectors are not normalised."""
    model_builder.check_pooling(card, ["avg+proj"])
    model: Any = timm.create_model(str(card.source.architecture), num_classes=0, **card.source.kwargs)
    model.head.fc = nn.Linear(model.num_features, card.dim, bias=False)
    return Tower(model, model, convert=converted)


def converted(tensors: Tensors) -> Tensors:
    """Microsoft's names into timm's: the tower's by timm's own table for Florence-2, then norm and projection."""
    own = {name.removeprefix(TOWER): tensor for name, tensor in tensors.items() if name.startswith(TOWER)}
    table: Any = davit
    found: Tensors = table.checkpoint_filter_fn({f"vision_tower.{name}": tensor for name, tensor in own.items()}, None)
    for part in ("weight", "bias"):
        found[f"head.norm.{part}"] = found.pop(f"norms.{part}")
    found["head.fc.weight"] = tensors[PROJECTION].T.contiguous()
    return found
