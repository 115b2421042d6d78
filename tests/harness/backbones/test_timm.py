"""The timm loader on tiny real checkpoints, against timm itself."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
from safetensors.torch import save_file

from fuseboard.harness.backbones import loaders
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files.hashing import sha256_of

TINY = {"img_size": 32, "num_classes": 3}


@pytest.mark.parametrize(("pooling", "ours"), [("cls", "token"), ("avg", "avg")])
def test_pooling_is_the_cards(
    repository: Path, make_card: Any, normalised: Any, assert_same: Any, pooling: str, ours: str
) -> None:
    model = timm.create_model("vit_tiny_patch16_224", **TINY).eval()
    save_file(model.state_dict(), repository / "model.safetensors")
    card = make_card("timm", 192, pooling, architecture="vit_tiny_patch16_224", kwargs=TINY)
    model.reset_classifier(0, ours)
    assert_same(card, model(normalised(card)))


def test_layers_are_named_and_registers_are_left_out_of_the_mean(
    repository: Path, make_card: Any, normalised: Any, assert_same: Any
) -> None:
    """The shape of Virchow2 and UNI2-h."""
    arguments = {"img_size": 32, "num_classes": 0, "reg_tokens": 4, "init_values": 1e-5, "act_layer": "silu"}
    model = timm.create_model("vit_tiny_patch16_224", mlp_layer=timm.layers.SwiGLUPacked, **arguments).eval()
    torch.save(model.state_dict(), repository / "pytorch_model.bin")
    kwargs = {**arguments, "mlp_layer": "SwiGLUPacked"}
    card = make_card(
        "timm", 384, "cls+mean", architecture="vit_tiny_patch16_224", weights="pytorch_model.bin", kwargs=kwargs
    )
    tokens = model.forward_features(normalised(card))
    assert_same(card, torch.cat([tokens[:, 0], tokens[:, 5:].mean(1)], dim=1))


def test_a_file_on_this_machine(tmp_path: Path, card_of: Any, normalised: Any, assert_same: Any) -> None:
    model = timm.create_model("vit_tiny_patch16_224", img_size=32, num_classes=0).eval()
    path = tmp_path / "mine.safetensors"
    save_file(model.state_dict(), path)
    here = {"file": str(path), "sha256": sha256_of(path), "architecture": "vit_tiny_patch16_224"}
    card = card_of("timm", 192, "cls", **here, kwargs={"img_size": 32, "num_classes": 0})
    assert_same(card, model(normalised(card)))
    elsewhere = card_of("timm", 192, "cls", **{**here, "file": "/elsewhere"}, kwargs={"img_size": 32, "num_classes": 0})
    assert elsewhere.fingerprint == card.fingerprint, "where one's own file lies decides nothing"


def test_a_model_with_computed_buffers(repository: Path, make_card: Any, normalised: Any, assert_same: Any) -> None:
    """The rotary periods of DINOv3 are in no checkpoint."""
    arguments = {"img_size": 32, "num_classes": 0}
    model = timm.create_model("vit_small_patch16_dinov3", **arguments).eval()
    save_file(model.state_dict(), repository / "model.safetensors")
    card = make_card("timm", 384, "cls", architecture="vit_small_patch16_dinov3", kwargs=arguments)
    assert_same(card, model.forward_features(normalised(card))[:, 0])


def test_weights_of_another_image_size_are_resampled_as_timm_does(
    repository: Path, make_card: Any, normalised: Any, assert_same: Any
) -> None:
    """DINOv2-giant at 224 px, as BioFuse loaded it."""
    large = timm.create_model("vit_tiny_patch16_224", img_size=64, num_classes=0)
    save_file(large.state_dict(), repository / "model.safetensors")
    card = make_card(
        "timm", 192, "cls", architecture="vit_tiny_patch16_224", state_dict="timm",
        kwargs={"img_size": 32, "num_classes": 0},
    )  # fmt: skip
    local = {"file": str(repository / "model.safetensors")}
    small = timm.create_model(
        "vit_tiny_patch16_224", pretrained=True, pretrained_cfg_overlay=local, img_size=32, num_classes=0
    ).eval()
    assert_same(card, small(normalised(card)))


def test_a_training_checkpoint_with_foreign_names(
    repository: Path, make_card: Any, normalised: Any, assert_same: Any
) -> None:
    """DinoBloom's: the teacher of a DINOv2 training, heads beside the backbone."""
    model = timm.create_model("vit_tiny_patch16_224", img_size=32, num_classes=0, init_values=1e-5).eval()
    tensors = {f"backbone.{name}": tensor for name, tensor in model.state_dict().items()}
    # DINOv2 keeps the position of the class token in pos_embed as timm does, and a mask token that timm has not.
    tensors |= {"backbone.mask_token": torch.zeros(1, 192), "dino_head.mlp.weight": torch.zeros(3)}
    torch.save({"teacher": tensors, "iteration": 7}, repository / "model.pth")
    card = make_card(
        "timm", 192, "cls", architecture="vit_tiny_patch16_224", weights="model.pth", state_dict="timm",
        inside="teacher", prefix="backbone.", kwargs={"img_size": 32, "num_classes": 0, "init_values": 1e-5},
    )  # fmt: skip
    assert_same(card, model(normalised(card)))


def test_a_norm_that_no_checkpoint_has(repository: Path, make_card: Any, normalised: Any, assert_same: Any) -> None:
    """RETFound: a masked autoencoder's encoder, its own norm unused, the patches' mean through a fresh fc_norm."""
    model = timm.create_model("vit_tiny_patch16_224", img_size=32, num_classes=0).eval()
    tensors = model.state_dict() | {"decoder_embed.weight": torch.zeros(2, 2), "mask_token": torch.zeros(1, 1, 192)}
    torch.save({"model": tensors, "args": argparse.Namespace(epochs=1)}, repository / "model.pth")
    card = make_card(
        "timm", 192, "avg", architecture="vit_tiny_patch16_224", weights="model.pth", inside="model",
        only=["cls_token", "pos_embed", "patch_embed.", "blocks."], untrained=["fc_norm"],
        kwargs={"img_size": 32, "num_classes": 0, "global_pool": "avg"},
    )  # fmt: skip
    model.norm = torch.nn.Identity()
    mean = model.forward_features(normalised(card))[:, 1:].mean(dim=1)
    assert_same(card, torch.nn.functional.layer_norm(mean, (192,), eps=1e-6))


def test_half_precision_weights_are_computed_in_single(
    repository: Path, make_card: Any, normalised: Any, assert_same: Any
) -> None:
    model = timm.create_model("vit_tiny_patch16_224", img_size=32, num_classes=0).eval().half()
    save_file(model.state_dict(), repository / "model.safetensors")
    arguments = {"img_size": 32, "num_classes": 0}
    card = make_card("timm", 192, "cls", architecture="vit_tiny_patch16_224", kwargs=arguments)
    assert_same(card, model.float()(normalised(card)))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"architecture": "vit_tiny_patch61_224"},
            "unknown architecture .* did you mean vit_tiny_patch16_224",
        ),
        ({"kwargs": {"no_such": 1}}, "timm cannot build vit_tiny_patch16_224 .*no_such.*mend `kwargs`"),
        ({"kwargs": {"img_size": 64}}, r"images of 32 x 32 pixels .* failed .*mend `preprocessing.size`"),
        ({"untrained": ["blocks"]}, "has no LayerNorm 'blocks'; mend `untrained`"),
    ],
)
def test_a_card_that_timm_cannot_follow(
    repository: Path, make_card: Callable[..., Any], changes: dict[str, Any], message: str
) -> None:
    model = timm.create_model("vit_tiny_patch16_224", **TINY)
    save_file(model.state_dict(), repository / "model.safetensors")
    card = make_card("timm", 192, "cls", **{"architecture": "vit_tiny_patch16_224", "kwargs": TINY, **changes})
    with pytest.raises(FuseboardError, match=message) as caught:
        loaders.load(card)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("pooling", "message"), [("pooler", "has no pooling 'pooler'"), ("none", "not one vector")])
def test_a_pooling_that_makes_no_vector(repository: Path, make_card: Any, pooling: str, message: str) -> None:
    (repository / "model.safetensors").write_bytes(b"")
    with pytest.raises(FuseboardError, match=message):
        loaders.load(make_card("timm", 192, pooling, architecture="vit_tiny_patch16_224", kwargs=TINY))


@pytest.mark.parametrize(
    ("architecture", "kept", "said"),
    [
        ("resnet18", "none", {}),
        ("resnet18", "of other classes", {}),
        ("resnet18", "all", {"num_classes": 0}),
        ("vit_tiny_patch16_224", "none", {}),
        ("convnext_atto", "none", {}),
    ],
)
def test_a_checkpoint_with_or_without_a_head(
    repository: Path, make_card: Any, normalised: Any, assert_same: Any, architecture: str, kept: str, said: Any
) -> None:
    size = {"img_size": 32} if "vit" in architecture else {}
    classes = {"all": 1000, "none": 0, "of other classes": 7}[kept]
    model = timm.create_model(architecture, num_classes=classes, **size).eval()
    save_file(model.state_dict(), repository / "model.safetensors")
    model.reset_classifier(0, "token" if "vit" in architecture else "avg")
    pooling = "cls" if "vit" in architecture else "avg"
    card = make_card("timm", model.num_features, pooling, architecture=architecture, kwargs={**size, **said})
    assert_same(card, model(normalised(card)))


@pytest.mark.parametrize(
    ("architecture", "pooling", "message"),
    [
        ("resnet18", "cls", r"resnet18 cannot have pooling = 'cls' \(.+\); it has 'avg' \(dim = 512\)$"),
        ("resnet18", "cls+mean", r"resnet18 cannot have pooling = 'cls\+mean' \(.+\); it has 'avg' \(dim = 512\)$"),
        ("resnet18", "none", r"makes 512x1x1 numbers of an image, not one vector; it has 'avg' \(dim = 512\)$"),
        (
            "vit_tiny_patch16_224",
            "none",
            r"not one vector; it has 'avg' \(.*192\), 'cls' \(.*192\), 'cls\+mean' \(.*384\)",
        ),
    ],
)
def test_a_pooling_that_the_architecture_cannot_have(
    repository: Path, make_card: Any, architecture: str, pooling: str, message: str
) -> None:
    (repository / "model.safetensors").write_bytes(b"")
    kwargs = {"img_size": 32} if "vit" in architecture else {}
    with pytest.raises(FuseboardError, match=message) as error:
        loaders.load(make_card("timm", 512, pooling, architecture=architecture, kwargs=kwargs))
    assert "\n" not in str(error.value)


def test_what_does_not_fit_is_said_by_tensors(repository: Path, make_card: Any) -> None:
    model = timm.create_model("vit_tiny_patch16_224", **TINY)
    tensors = {name.replace("norm1.", "norm_1."): tensor for name, tensor in model.state_dict().items()}
    save_file(tensors | {"cls_token": torch.zeros(1, 1, 4)}, repository / "model.safetensors")
    with pytest.raises(FuseboardError) as error:
        loaders.load(make_card("timm", 192, "cls", architecture="vit_tiny_patch16_224", kwargs=TINY))
    for part in (
        "lacks blocks.0.norm1.weight",
        "(24 tensors)",
        "besides blocks.0.norm_1",
        "cls_token (1x1x4 there, 1x1x192",
    ):
        assert part in str(error.value)
    save_file({f"module.{name}": one for name, one in model.state_dict().items()}, repository / "model.safetensors")
    with pytest.raises(FuseboardError, match=r'so say prefix = "module\."'):
        loaders.load(make_card("timm", 192, "cls", architecture="vit_tiny_patch16_224", kwargs=TINY))
    torch.save(model, repository / "whole.bin")
    with pytest.raises(FuseboardError, match=r"holds timm\.\S+VisionTransformer.* save a state_dict\(\)"):
        loaders.load(
            make_card("timm", 192, "cls", weights="whole.bin", architecture="vit_tiny_patch16_224", kwargs=TINY)
        )
