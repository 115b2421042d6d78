"""MUSK, from the package of its authors (https://github.com/lilab-stanford/MUSK)."""

import importlib
from typing import Any

import timm
from torch import Tensor

from fuseboard.harness.backbones import model_builder
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.encoder import TorchEncoder
from fuseboard.harness.backbones.model_builder import Tower


def load(card: Card, device: str, trust: bool = False) -> TorchEncoder:
    """Returns the model with the pinned weights; the package's own loader downloads whatever is newest."""
    return model_builder.load(card, device, build)


def build(card: Card) -> Tower:
    """Returns the CLS token without head, norm or multi-scale views, as the authors say for classification.

    One transformer serves images and text there, so the whole model is built.
    """
    model_builder.check_pooling(card, ["cls"])
    importlib.import_module("musk.modeling")  # makes the architecture known to timm
    model: Any = timm.create_model(str(card.source.architecture), **card.source.kwargs)

    def forward(images: Tensor) -> Tensor:
        vectors: Tensor = model(image=images, with_head=False, out_norm=False, ms_aug=False, return_global=True)[0]
        return vectors

    return Tower(model, forward)
