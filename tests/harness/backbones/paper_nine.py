"""The paper's nine made small: each card with a smaller model, and a checkpoint as the model's own library writes it.

Names of files, loaders, pooling, transforms and the tensors' names are those of the shipped cards; only widths, depths
and image sizes are not. CONCH's package is on GitHub only, so a module with its two functions stands in for it.
"""

import io
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import open_clip
import pytest
import timm
import torch
import transformers
from safetensors.torch import save
from torch import nn

from fuseboard.harness.backbones import registry
from fuseboard.harness.backbones.card import Card
from fuseboard.store.registry import of_files

Tree = dict[str, bytes]
VIT = {"img_size": 32, "embed_dim": 24, "depth": 2, "num_heads": 2}
TOWER = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2}
TEXT = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
CLIP = {**TOWER, "intermediate_size": 48, "image_size": 32}
OPEN_CLIP_TEXT = {"context_length": 8, "vocab_size": 50, "width": 16, "heads": 2, "layers": 1}

SMALLER: dict[str, tuple[int, int, dict[str, Any]]] = {
    "biomedclip": (12, 160, {"embed_dim": 12, "vision_cfg": {"timm_model_name": "test_vit", "image_size": 160}}),
    "chexagent": (24, 28, {**TOWER, "intermediate_size": 48, "image_size": 28}),
    "conch": (12, 32, {}),
    "hibou-b": (24, 28, {**TOWER, "image_size": 28}),
    "prov-gigapath": (24, 32, VIT),
    "pubmedclip": (12, 32, {**CLIP, "projection_dim": 12}),
    "rad-dino": (24, 28, {**TOWER, "image_size": 28}),
    "uni": (24, 32, VIT),
    "uni2-h": (24, 28, {**VIT, "img_size": 28}),
}
"""Name -> width, image size, and arguments of the architecture that differ from the card's."""


def small(name: str) -> Card:
    """The shipped card with a smaller model."""
    card, (dim, size, changes) = registry.get(name), SMALLER[name]
    kwargs = card.source.kwargs | changes
    if "vision_cfg" in changes:
        kwargs["vision_cfg"] = card.source.kwargs["vision_cfg"] | changes["vision_cfg"]
    source = card.source.model_copy(update={"kwargs": kwargs})
    preprocessing = card.preprocessing.model_copy(update={"size": size})
    return card.model_copy(update={"dim": dim, "source": source, "preprocessing": preprocessing, "parameters": None})


def ship(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has the registry hold the small cards, and nothing else."""
    cards = [small(name) for name in SMALLER]
    folder.mkdir()
    for card in cards:
        (folder / f"{card.id}.toml").write_text(card.toml())
    monkeypatch.setattr(registry, "CARDS", of_files("backbone", folder.glob("*.toml")))
    monkeypatch.setattr(registry, "FOLDER", folder)


def published(card: Card) -> tuple[Tree, Any]:
    """What a card's repository holds, and the authors' way from normalised images (N, 3, H, W) to vectors."""
    torch.manual_seed(len(card.id))
    kwargs, name = card.source.kwargs, card.source.weights
    if card.source.loader == "timm":
        layers = {k: getattr(timm.layers, v, v) if k.endswith("_layer") else v for k, v in kwargs.items()}
        model = timm.create_model(card.source.architecture, **{**layers, "global_pool": "token"}).eval()
        return {name: pickled(model.state_dict())}, model
    if card.id == "biomedclip":
        config = {**kwargs, "text_cfg": OPEN_CLIP_TEXT}
        model = open_clip.CLIP(**config).eval()
        return {name: pickled(model.state_dict())}, model.encode_image
    if card.id == "conch":
        conch = Conch().eval()
        return {name: pickled({f"visual.{n}": t for n, t in conch.state_dict().items()})}, conch.forward_no_head
    if card.id == "pubmedclip":
        config = transformers.CLIPConfig(text_config=TEXT, vision_config=kwargs, projection_dim=card.dim)
        clip = transformers.CLIPModel(config).eval()
        return {name: pickled(clip.state_dict())}, lambda x: clip.get_image_features(pixel_values=x).pooler_output
    kind = getattr(transformers, card.source.architecture)
    model = kind(kind.config_class(**kwargs)).eval()
    if card.id == "chexagent":
        return sharded(model.state_dict()), lambda x: model(pixel_values=x).last_hidden_state[:, 0]
    return {name: save(model.state_dict())}, lambda x: model(pixel_values=x).pooler_output


def pickled(tensors: dict[str, torch.Tensor]) -> bytes:
    """What `torch.save` writes."""
    file = io.BytesIO()
    torch.save(tensors, file)
    return file.getvalue()


def sharded(tensors: dict[str, torch.Tensor]) -> Tree:
    """An index, two shards that hold the vision tower, and one of the language model, which nobody needs."""
    own = {f"vision_model.{name}": tensor for name, tensor in tensors.items()}
    place = {name: f"model-0000{1 + number % 2}-of-00003.safetensors" for number, name in enumerate(own)}
    parts = {file: {n: own[n] for n in own if place[n] == file} for file in set(place.values())}
    tree = {file: save(part) for file, part in parts.items()}
    place["language_model.head"] = "model-00003-of-00003.safetensors"
    return tree | {"model.safetensors.index.json": json.dumps({"weight_map": place}).encode()}


class Conch(nn.Module):
    """Stands in for CONCH's image tower: a convolution, averaged, and the head that the published call leaves out."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk, self.head = nn.Conv2d(3, 12, 8, 8), nn.Linear(12, 4)

    def forward_no_head(self, images: torch.Tensor) -> torch.Tensor:
        vectors: torch.Tensor = self.trunk(images).mean(dim=(2, 3))
        return vectors


def install_conch(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts a package `conch` with the two modules that its loader asks for where imports find it."""
    folder.mkdir()
    config = {"embed_dim": 12, "vision_cfg": {}, "embed_dim_caption": 8}
    (folder / "conch_ViT-B-16.json").write_text(json.dumps(config))
    for name in ("conch", "conch.open_clip_custom"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    tower: Any = ModuleType("conch.open_clip_custom.coca_model")
    tower._build_vision_tower = lambda embed_dim, vision_cfg, embed_dim_caption: Conch()
    factory: Any = ModuleType("conch.open_clip_custom.factory")
    factory.CFG_DIR = folder
    for module in (tower, factory):
        monkeypatch.setitem(sys.modules, module.__name__, module)
