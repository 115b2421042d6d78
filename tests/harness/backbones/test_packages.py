"""Models that bring a package: CONCH, MUSK, and MedImageInsight, which needs none here."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import timm
import torch
from safetensors.torch import save_file

from fuseboard.harness.backbones import loaders, registry
from fuseboard.harness.backbones.loaders import medimageinsight_loader
from fuseboard.harness.terminal.extras import install_command

SMALL = {"depths": [1, 1, 1, 1], "embed_dims": [8, 8, 16, 16], "num_heads": [1, 1, 2, 2]}


@pytest.mark.parametrize(("name", "module"), [("conch", "conch"), ("musk", "musk")])
def test_a_missing_package_has_its_mend(
    repository: Path, make_card: Any, monkeypatch: pytest.MonkeyPatch, name: str, module: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.delitem(sys.modules, f"{module}.modeling", raising=False)
    (repository / "model.safetensors").write_bytes(b"")
    shipped = registry.get(name)
    card = make_card(name, shipped.dim, shipped.pooling, architecture=shipped.source.architecture)
    with pytest.raises(ModuleNotFoundError) as caught:
        loaders.load(card)
    assert "git+https://github.com/" in str(install_command(caught.value.name or ""))


def test_conch(repository: Path, make_card: Any, normalised: Any, assert_same: Any) -> None:
    """The authors' tower at a quarter of its image size, with the weights of all of the model around it."""
    vision_tower = pytest.importorskip("conch.open_clip_custom.coca_model", reason="conch is on GitHub only")
    model = vision_tower._build_vision_tower(
        512,
        {
            "image_size": 112, "patch_size": 16, "attentional_pool_caption": True, "attentional_pool_contrast": True,
            "attn_pooler_heads": 8, "n_queries_contrast": 1, "n_queries_caption": 256, "output_tokens": True,
        },
        768,
    ).eval()  # fmt: skip
    tensors = {f"visual.{name}": tensor for name, tensor in model.state_dict().items()}
    torch.save(tensors | {"text.w": torch.zeros(1)}, repository / "pytorch_model.bin")
    card = make_card(
        "conch", 512, "attention", 112, weights="pytorch_model.bin", architecture="conch_ViT-B-16", prefix="visual.",
        kwargs={"image_size": 112},
    )  # fmt: skip
    assert_same(card, model.forward_no_head(normalised(card)))


class StandIn(torch.nn.Module):
    """Answers a call as `musk.modeling.MUSK.forward` does; the package is on GitHub only and cannot be had here."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.vision_head = torch.nn.Linear(3, 1024), torch.nn.Linear(1024, 1024)

    def forward(
        self,
        image: Any,
        with_head: bool = True,
        out_norm: bool = True,
        ms_aug: bool = False,
        return_global: bool = True,
    ) -> Any:
        vision = self.layer(image.mean(dim=(2, 3)))
        vision = self.vision_head(vision) if with_head else vision
        return torch.nn.functional.normalize(vision, dim=-1) if out_norm else vision, None


def test_musk_is_asked_for_the_plain_token(
    repository: Path, make_card: Any, normalised: Any, assert_same: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "musk", ModuleType("musk"))
    monkeypatch.setitem(sys.modules, "musk.modeling", ModuleType("musk.modeling"))
    monkeypatch.setattr(timm, "create_model", lambda name: {"musk_large_patch16_384": StandIn}[name]())
    model = StandIn()
    save_file(model.state_dict(), repository / "model.safetensors")
    card = make_card("musk", 1024, "cls", architecture="musk_large_patch16_384")
    assert_same(card, model.layer(normalised(card).mean(dim=(2, 3))))


def test_medimageinsight(repository: Path, make_card: Any, normalised: Any, assert_same: Any) -> None:
    """Florence-2's names around a small DaViT of timm, then the norm and the projection by hand."""
    model = timm.create_model("davit_huge_fl", num_classes=0, **SMALL).eval()
    projection, names = torch.rand(16, 12), {}
    for own in model.state_dict():
        name = own.replace("stem.", "convs.0.").replace("head.norm.", "norms.")
        for stage in range(1, 4):
            name = name.replace(f"stages.{stage}.downsample.", f"convs.{stage}.")
        name = name.replace("stages.", "blocks.").replace(".blocks.", ".") if name.startswith("stages") else name
        name = name.replace("downsample.conv", "proj").replace("convs.0.conv", "convs.0.proj")
        kind = "window_attn" if "spatial" in name else "channel_attn"
        name = name.replace("cpe1.proj", "conv1.fn.dw").replace("cpe2.proj", "conv2.fn.dw")
        name = name.replace("norm1.", f"{kind}.norm.").replace(".attn.", f".{kind}.fn.")
        names[own] = name.replace("norm2.", "ffn.norm.").replace("mlp.", "ffn.fn.net.")
    for stage in range(1, 4):
        names = {own: name.replace(f"convs.{stage}.conv", f"convs.{stage}.proj") for own, name in names.items()}
    tensors = {f"image_encoder.{names[own]}": tensor for own, tensor in model.state_dict().items()}
    extra = {medimageinsight_loader.PROJECTION: projection, "lang_encoder.w": torch.zeros(1)}
    save_file(tensors | extra, repository / "vision.pt")
    card = make_card(
        "medimageinsight", 12, "avg+proj", 64, weights="vision.pt", architecture="davit_huge_fl",
        only=["image_encoder.", "image_projection"], kwargs=SMALL,
    )  # fmt: skip
    assert_same(card, model(normalised(card)) @ projection)
