"""Weights: pins, shards, and files that are not what a card says."""

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
from safetensors.torch import save_file
from transformers import Blip2VisionConfig, Blip2VisionModel

from fuseboard.harness.backbones import loaders, weights
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files.hashing import sha256_of

TINY = {"architecture": "vit_tiny_patch16_224", "kwargs": {"img_size": 32, "num_classes": 0}}
INDEX = "model.safetensors.index.json"
VISION = {
    "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 32,
    "patch_size": 8, "qkv_bias": True,
}  # fmt: skip


@pytest.fixture
def checkpoint(repository: Path) -> Path:
    path = repository / "model.safetensors"
    save_file(timm.create_model("vit_tiny_patch16_224", **TINY["kwargs"]).state_dict(), path)
    return path


def refusal(card: Any) -> str:
    with pytest.raises(FuseboardError) as caught:
        loaders.load(card)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_wrong_width_fails_before_weights_are_read(repository: Path, make_card: Any) -> None:
    (repository / "model.safetensors").write_bytes(b"not weights")
    assert "its card says dim = 191, the model makes 192 numbers; mend `dim`" in refusal(
        make_card("timm", 191, "cls", **TINY)
    )


def test_other_weights_than_the_pinned_ones_are_refused(checkpoint: Path, make_card: Any) -> None:
    card = make_card("timm", 192, "cls", **TINY)
    checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    assert "these are other weights, or cut off ones" in refusal(card)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("model.safetensors", b"not weights"),
        ("model.safetensors", b""),
        ("model.pth", b"not weights"),
        ("model.pth", pickle.dumps({"w": __import__("os").system})),
    ],
)
def test_a_checkpoint_that_is_none_is_named(repository: Path, make_card: Any, name: str, content: bytes) -> None:
    (repository / name).write_bytes(content)
    assert f"{name}: not a readable checkpoint" in refusal(make_card("timm", 192, "cls", weights=name, **TINY))


@pytest.mark.parametrize("name", ["model.safetensors", "model.pth"])
def test_a_cut_off_checkpoint_that_was_pinned_so(checkpoint: Path, make_card: Any, name: str) -> None:
    path = checkpoint.with_name(name)
    if name == "model.pth":
        torch.save(timm.create_model("vit_tiny_patch16_224", **TINY["kwargs"]).state_dict(), path)
    path.write_bytes(path.read_bytes()[:-1000])
    assert "not a readable checkpoint" in refusal(make_card("timm", 192, "cls", weights=name, **TINY))


def test_a_checkpoint_of_another_shape_is_refused(repository: Path, make_card: Any) -> None:
    model = timm.create_model("vit_tiny_patch16_224", img_size=64, num_classes=0)
    save_file(model.state_dict(), repository / "model.safetensors")
    assert "the checkpoint does not fit the model: " in refusal(make_card("timm", 192, "cls", **TINY))


def test_format_is_seen_from_the_content_not_the_name(checkpoint: Path, make_card: Any) -> None:
    """MedImageInsight's safetensors file is called .pt."""
    checkpoint.rename(checkpoint.with_suffix(".pt"))
    assert len(weights.tensors(make_card("timm", 192, "cls", weights="model.pt", **TINY))) == 150


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"inside": "teacher"}, "no 'teacher' in model.pth, which holds model, step; mend `inside`"),
        ({}, "holds no tensors at its top, but model, step; say which in `inside`"),
        ({"inside": "model", "prefix": "visual."}, "no tensor of the checkpoint lies under visual"),
    ],
)
def test_where_tensors_lie_is_asked_for(repository: Path, make_card: Any, changes: Any, message: str) -> None:
    torch.save({"model": {"w": torch.zeros(1)}, "step": 3}, repository / "model.pth")
    assert message in refusal(make_card("timm", 192, "cls", weights="model.pth", **TINY, **changes))


@pytest.fixture
def sharded(repository: Path) -> Blip2VisionModel:
    """CheXagent's shape: a vision tower in two shards, a language model in a third that was never downloaded."""
    model = Blip2VisionModel(Blip2VisionConfig(**VISION)).eval()
    tensors = {f"vision_model.{name}": tensor for name, tensor in model.state_dict().items()}
    names = sorted(tensors)
    where = {name: f"model-0000{1 + (i > 9)}-of-00003.safetensors" for i, name in enumerate(names)}
    for shard in set(where.values()):
        own = {name: tensors[name] for name in names if where[name] == shard}
        save_file(own | {f"language_model.{shard}": torch.zeros(1)}, repository / shard)
    where["language_model.embed.weight"] = "model-00003-of-00003.safetensors"
    (repository / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": where}))
    return model


def of_shards(repository: Path, make_card: Any, *missing: str, **more: Any) -> Any:
    pins = {path.name: sha256_of(path) for path in repository.glob("model-*") if path.name not in missing}
    named = {"architecture": "Blip2VisionModel", "prefix": "vision_model.", "kwargs": VISION, "shards": pins}
    return make_card("transformers", 16, "cls", weights=INDEX, **(named | more))


def test_only_the_needed_shards_are_read(
    repository: Path, make_card: Any, sharded: Any, normalised: Any, assert_same: Any
) -> None:
    card = of_shards(repository, make_card)
    assert sorted(card.source.shards) == ["model-00001-of-00003.safetensors", "model-00002-of-00003.safetensors"]
    assert_same(card, sharded(pixel_values=normalised(card)).last_hidden_state[:, 0])


def test_a_shard_that_is_not_pinned_or_was_changed(repository: Path, make_card: Any, sharded: Any) -> None:
    second = "model-00002-of-00003.safetensors"
    assert f"the shard {second} holds tensors it needs and is not pinned" in refusal(
        of_shards(repository, make_card, second)
    )
    card = of_shards(repository, make_card)
    (repository / second).write_bytes(b"x")
    assert f"{second} has SHA-256" in refusal(card)
    assert "shards unpinned" in refusal(of_shards(repository, make_card, shards={}))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "is no index of a sharded checkpoint"),
        ('{"weight_map": {"text.w": "a.safetensors"}}', "lists no tensor under 'vision_model.'; mend `prefix`"),
        ('{"weight_map": {"vision_model.w": "../a.safetensors"}}', "points to '../a.safetensors', outside its folder"),
    ],
)
def test_an_index_that_is_none(repository: Path, make_card: Any, text: str, message: str) -> None:
    (repository / INDEX).write_text(text)
    assert message in refusal(of_shards(repository, make_card, shards={"a.safetensors": "0" * 64}))


def test_a_tensor_that_a_checkpoint_keeps_in_pieces_is_joined(checkpoint: Path, make_card: Any) -> None:
    """Of every format, not of the one alone that needed it first."""
    whole = weights.tensors(make_card("timm", 192, "cls", **TINY))
    first, rest = whole["pos_embed"][:, :1].clone(), whole["pos_embed"][:, 1:].clone()
    save_file({k: t for k, t in whole.items() if k != "pos_embed"} | {"folded_1": first, "folded_2": rest}, checkpoint)
    found = weights.tensors(make_card("timm", 192, "cls", joined={"pos_embed": ("folded_1", "folded_2")}, **TINY))
    assert found.keys() == whole.keys()
    assert torch.equal(found["pos_embed"], whole["pos_embed"])
    lacking = make_card("timm", 192, "cls", joined={"pos_embed": ("folded_1", "folded_3")}, **TINY)
    assert "no tensor 'folded_3' in the checkpoint; mend `joined`" in refusal(lacking)
