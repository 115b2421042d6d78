"""Preprocessing against timm's own transform."""

import numpy as np
import pytest
import timm
import torch
from PIL import Image

from harness.backbones import registry

SHAPES = [(8, 8), (28, 28), (64, 64, 3), (224, 224), (300, 200, 3), (97, 251), (31, 500, 3)]


@pytest.mark.parametrize("name", [n for n in registry.names() if n.startswith("efficientnet")])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_pixels_equal_those_of_timm(name: str, shape: tuple[int, ...]) -> None:
    card = registry.get(name)
    model = timm.create_model(card.source.architecture, pretrained=False)
    theirs = timm.data.create_transform(**timm.data.resolve_model_data_config(model), is_training=False)
    image = np.random.default_rng(len(shape)).integers(0, 256, shape, dtype=np.uint8)
    ours = torch.from_numpy(card.preprocessing.pixels(image).copy()).permute(2, 0, 1).float() / 255
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (card.preprocessing.mean, card.preprocessing.std))
    assert torch.equal((ours - mean) / std, theirs(Image.fromarray(image).convert("RGB")))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_descriptors_see_a_square_grey_image(shape: tuple[int, ...]) -> None:
    image = np.full(shape, 77, np.uint8)
    pixels = registry.get("pixels").preprocessing.pixels(image)
    assert pixels.shape == (16, 16, 1)
    assert (pixels == 77).all()
