"""Loaders on tiny real checkpoints, through the code path that a pinned Hub repository takes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import huggingface_hub
import numpy as np
import open_clip
import pytest
import timm
import torch
from safetensors.torch import save_file
from transformers import CLIPConfig, CLIPModel, Dinov2Config, Dinov2Model

from harness.backbones import canary, encoder, registry
from harness.backbones.card import Card
from store.errors import FuseboardError
from store.fingerprint import sha256_of

REVISION = "a" * 40
MakeCard = Callable[..., Card]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cached snapshot of a pinned Hub repository `org/tiny`, with the network shut."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    folder = tmp_path / "models--org--tiny" / "snapshots" / REVISION
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def make_card(repository: Path) -> MakeCard:
    """A card for `org/tiny`, pinned to what lies there."""

    def make(
        loader: str, dim: int, pooling: str, size: int = 32, architecture: str | None = None, **kwargs: Any
    ) -> Card:
        weights = repository / "model.safetensors"
        lite = registry.get("efficientnet-lite0").model_dump(mode="json")
        source = {
            "loader": loader, "architecture": architecture, "hub_id": "org/tiny", "revision": REVISION,
            "weights": weights.name, "sha256": sha256_of(weights), "kwargs": kwargs,
        }  # fmt: skip
        transform = {**lite["preprocessing"], "size": size, "crop": 1.0}
        return Card.model_validate(
            {**lite, "id": "tiny", "dim": dim, "pooling": pooling, "source": source, "preprocessing": transform}
        )

    return make


def normalised(card: Card) -> torch.Tensor:
    """The canary images as a plain script would feed them."""
    pixels = torch.stack([torch.from_numpy(card.preprocessing.pixels(i).copy()) for i in canary.images()])
    return pixels.permute(0, 3, 1, 2).float().div(255).sub(0.5).div(0.5)


def assert_same(card: Card, expected: torch.Tensor) -> None:
    found = canary.vectors(card, encoder.load(card))
    assert found.shape == (3, card.dim)
    np.testing.assert_allclose(found, expected.detach().numpy(), atol=1e-5)


@pytest.mark.parametrize(("pooling", "ours"), [("cls", "token"), ("avg", "avg")])
def test_timm(repository: Path, make_card: MakeCard, pooling: str, ours: str) -> None:
    model = timm.create_model("vit_tiny_patch16_224", img_size=32, num_classes=3).eval()
    save_file(model.state_dict(), repository / "model.safetensors")
    card = make_card("timm", 192, pooling, architecture="vit_tiny_patch16_224", img_size=32, num_classes=3)
    model.reset_classifier(0, ours)
    assert_same(card, model(normalised(card)))


@pytest.mark.parametrize("pooling", ["cls", "mean", "pooler"])
def test_transformers(repository: Path, make_card: MakeCard, pooling: str) -> None:
    config = Dinov2Config(hidden_size=24, num_hidden_layers=2, num_attention_heads=2, image_size=32, patch_size=8)
    model = Dinov2Model(config).eval()
    model.save_pretrained(repository)
    card = make_card("transformers", 24, pooling)
    answer = model(pixel_values=normalised(card))
    expected = {
        "cls": answer.last_hidden_state[:, 0],
        "mean": answer.last_hidden_state.mean(dim=1),
        "pooler": answer.pooler_output,
    }[pooling]
    assert_same(card, expected)


def test_transformers_projected(repository: Path, make_card: MakeCard) -> None:
    tiny = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    vision = {**tiny, "image_size": 32, "patch_size": 8}
    model = CLIPModel(CLIPConfig(text_config=tiny, vision_config=vision, projection_dim=12)).eval()
    model.save_pretrained(repository)
    card = make_card("transformers", 12, "cls+proj")
    pooled = model.vision_model(pixel_values=normalised(card)).pooler_output
    assert_same(card, model.visual_projection(pooled))


def test_open_clip(repository: Path, make_card: MakeCard) -> None:
    model = open_clip.create_model("RN50", pretrained=None).eval()
    save_file(
        {name: tensor.contiguous() for name, tensor in model.state_dict().items()}, repository / "model.safetensors"
    )
    card = make_card("open_clip", 1024, "cls+proj", size=224, architecture="RN50")
    assert_same(card, model.encode_image(normalised(card)))


def test_a_wrong_width_fails_before_weights_are_read(repository: Path, make_card: MakeCard) -> None:
    (repository / "model.safetensors").write_bytes(b"not weights")
    card = make_card("timm", 191, "cls", architecture="vit_tiny_patch16_224", img_size=32)
    with pytest.raises(FuseboardError, match="its card says dim = 191, the model makes 192 numbers"):
        encoder.load(card)


def test_other_weights_than_the_pinned_ones_are_refused(repository: Path, make_card: MakeCard) -> None:
    (repository / "model.safetensors").write_bytes(b"not weights")
    card = make_card("timm", 192, "cls", architecture="vit_tiny_patch16_224", img_size=32)
    (repository / "model.safetensors").write_bytes(b"other weights")
    with pytest.raises(FuseboardError, match="these are other weights"):
        encoder.load(card)


def test_a_checkpoint_that_is_none_is_named(repository: Path, make_card: MakeCard) -> None:
    (repository / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(FuseboardError, match=r"model\.safetensors: not a readable checkpoint"):
        encoder.load(make_card("timm", 192, "cls", architecture="vit_tiny_patch16_224", img_size=32))


def test_a_checkpoint_of_another_shape_is_refused(repository: Path, make_card: MakeCard) -> None:
    model = timm.create_model("vit_tiny_patch16_224", img_size=64, num_classes=3)
    save_file(model.state_dict(), repository / "model.safetensors")
    with pytest.raises(FuseboardError, match="does not fit the model"):
        encoder.load(make_card("timm", 192, "cls", architecture="vit_tiny_patch16_224", img_size=32, num_classes=3))


def test_unknown_architecture_is_named(repository: Path, make_card: MakeCard) -> None:
    (repository / "model.safetensors").write_bytes(b"")
    with pytest.raises(FuseboardError, match="has no architecture 'vit_imaginary'"):
        encoder.load(make_card("timm", 192, "cls", architecture="vit_imaginary"))


@pytest.mark.parametrize("name", registry.names())
def test_the_canary_of_every_shipped_backbone_sings(name: str) -> None:
    card = registry.get(name)
    difference = canary.check(card, canary.vectors(card, encoder.load(card)))
    assert difference is not None
    assert difference < canary.TOLERANCE[card.precision]


def test_the_canary_tells_wrong_weights() -> None:
    card = registry.get("efficientnet-lite0")
    vectors = canary.vectors(card, encoder.load(card))
    with pytest.raises(FuseboardError, match="wrong weights, or a library that changed"):
        canary.check(card, vectors[:, ::-1].copy())


def test_vectors_do_not_depend_on_the_neighbours_in_a_batch() -> None:
    card = registry.get("efficientnet-lite0")
    loaded = encoder.load(card)
    pixels = np.stack([card.preprocessing.pixels(image) for image in canary.images()])
    together = loaded.encode(pixels)
    alone = np.concatenate([loaded.encode(pixels[i : i + 1]) for i in range(3)])
    np.testing.assert_allclose(together, alone, atol=1e-5)
