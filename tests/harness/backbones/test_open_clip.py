"""The open_clip loader on tiny real checkpoints, against open_clip's own models."""

import json
from pathlib import Path
from typing import Any

import open_clip
import pytest
import torch
from safetensors.torch import save_file

from fuseboard.harness.backbones import loaders
from fuseboard.store.errors import FuseboardError

TEXT = {"context_length": 8, "vocab_size": 50, "width": 16, "heads": 2, "layers": 1}


@pytest.fixture
def configured(tmp_path: Path) -> Any:
    """Tells open_clip of a configuration file of ours, as it reads those of a repository."""

    def add(name: str, **config: Any) -> Any:
        folder = tmp_path / "configurations"
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.json").write_text(json.dumps({"embed_dim": 12, "text_cfg": TEXT, **config}))
        open_clip.add_model_config(folder)
        return open_clip.create_model(name, pretrained=None).eval()

    return add


def test_only_the_image_tower_of_a_checkpoint_is_read(
    repository: Path, make_card: Any, normalised: Any, assert_same: Any, configured: Any
) -> None:
    vision = {"image_size": 32, "patch_size": 8, "width": 64, "layers": 2}
    model = configured("tiny-vit", vision_cfg=vision, quick_gelu=True)
    save_file({name: t.contiguous() for name, t in model.state_dict().items()}, repository / "model.safetensors")
    card = make_card("open_clip", 12, "cls+proj", architecture="tiny-vit")
    assert_same(card, model.encode_image(normalised(card)))
    assert sum(p.numel() for p in model.visual.parameters()) < sum(p.numel() for p in model.parameters())


def test_a_timm_tower_with_a_projection_from_the_card_alone(
    repository: Path, make_card: Any, normalised: Any, assert_same: Any, configured: Any
) -> None:
    """The shape of BiomedCLIP: open_clip has no configuration of its name."""
    vision = {
        "timm_model_name": "vit_tiny_patch16_224", "timm_model_pretrained": False, "timm_pool": "",
        "timm_proj": "linear", "image_size": 224,
    }  # fmt: skip
    model = configured("tiny-timm", vision_cfg=vision)
    torch.save(model.state_dict(), repository / "open_clip_pytorch_model.bin")
    card = make_card(
        "open_clip", 12, "cls+proj", 224, weights="open_clip_pytorch_model.bin",
        kwargs={"embed_dim": 12, "vision_cfg": vision},
    )  # fmt: skip
    assert_same(card, model.encode_image(normalised(card)))


def test_a_training_checkpoint_of_a_modified_resnet(
    repository: Path, make_card: Any, normalised: Any, assert_same: Any
) -> None:
    """The shape of PMC-CLIP: attention pooling to another width, `state_dict` and `module.` around."""
    vision = {"image_size": 32, "layers": [1, 1, 1, 1], "width": 16, "patch_size": None}
    model = open_clip.model._build_vision_tower(24, vision).eval()
    tensors = {f"module.visual.{name}": tensor for name, tensor in model.state_dict().items()}
    torch.save({"epoch": 1, "state_dict": tensors | {"module.logit_scale": torch.ones(())}}, repository / "beta.pt")
    card = make_card(
        "open_clip", 24, "cls+proj", weights="beta.pt", architecture="RN50", inside="state_dict",
        prefix="module.visual.", kwargs={"embed_dim": 24, "vision_cfg": vision},
    )  # fmt: skip
    assert_same(card, model(normalised(card)))


def test_what_open_clip_does_not_know(repository: Path, make_card: Any) -> None:
    (repository / "model.safetensors").write_bytes(b"")
    with pytest.raises(FuseboardError, match="unknown architecture 'ViT-Z-1' in open_clip"):
        loaders.load(make_card("open_clip", 512, "cls+proj", architecture="ViT-Z-1"))
    with pytest.raises(FuseboardError, match=r"name an `architecture` or give `embed_dim` and `vision_cfg`"):
        loaders.load(make_card("open_clip", 512, "cls+proj"))
    with pytest.raises(FuseboardError, match="the loader open_clip has no pooling 'cls'"):
        loaders.load(make_card("open_clip", 512, "cls", architecture="ViT-B-32"))
