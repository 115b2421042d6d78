"""The transformers loader on tiny real checkpoints: classes named on the card, repositories, remote code."""

from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModel, CLIPConfig, CLIPModel, Dinov2Config, Dinov2Model, SiglipConfig

from fuseboard.harness.backbones import loaders
from fuseboard.store.errors import FuseboardError

SMALL = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 32, "patch_size": 8}
TEXT = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
VISION = {**TEXT, "image_size": 32, "patch_size": 8}
CODE = """
import pathlib
import torch
from transformers import PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import BaseModelOutputWithPooling

pathlib.Path(__file__).parent.joinpath("ran").touch()


class OddConfig(PretrainedConfig):
    model_type = "odd-of-the-test"

    def __init__(self, width=8, **kwargs):
        super().__init__(**kwargs)
        self.width = width


class OddModel(PreTrainedModel):
    config_class = OddConfig
    main_input_name = "pixel_values"

    def __init__(self, config):
        super().__init__(config)
        self.layer = torch.nn.Linear(3, config.width)
        self.post_init()

    def forward(self, pixel_values):
        return BaseModelOutputWithPooling(pooler_output=self.layer(pixel_values.mean(dim=(2, 3))))
"""


@pytest.mark.parametrize("pooling", ["cls", "mean", "pooler"])
@pytest.mark.parametrize("named", [False, True])
def test_pooling_is_the_cards(
    repository: Path, make_card: Any, normalised: Any, assert_same: Any, pooling: str, named: bool
) -> None:
    """From the repository's configuration, and from a class and configuration on the card."""
    model = Dinov2Model(Dinov2Config(**SMALL)).eval()
    model.save_pretrained(repository)
    more = {"architecture": "Dinov2Model", "kwargs": SMALL} if named else {}
    card = make_card("transformers", 24, pooling, **more)
    answer = model(pixel_values=normalised(card))
    tokens = answer.last_hidden_state
    expected = {"cls": tokens[:, 0], "mean": tokens.mean(dim=1), "pooler": answer.pooler_output}[pooling]
    assert_same(card, expected)


@pytest.mark.parametrize("name", ["Dinov2WithRegistersModel", "Blip2VisionModel"])
def test_classes_that_stand_in_for_remote_code(
    repository: Path, make_card: Any, normalised: Any, assert_same: Any, name: str
) -> None:
    """Hibou-B's and CheXagent's, from checkpoints with these classes' own names."""
    kind = getattr(transformers, name)
    more = {"use_swiglu_ffn": True} if "Dino" in name else {"intermediate_size": 16, "qkv_bias": True}
    model = kind(kind.config_class(**SMALL, **more)).eval()
    model.save_pretrained(repository)
    card = make_card("transformers", 24, "cls", architecture=name, kwargs=SMALL | more)
    assert_same(card, model(pixel_values=normalised(card)).last_hidden_state[:, 0])


def test_the_vision_tower_of_clip_and_its_projection(
    repository: Path, make_card: Any, normalised: Any, assert_same: Any
) -> None:
    model = CLIPModel(CLIPConfig(text_config=TEXT, vision_config=VISION, projection_dim=12)).eval()
    model.save_pretrained(repository)
    whole = make_card("transformers", 12, "cls+proj")
    expected = model.visual_projection(model.vision_model(pixel_values=normalised(whole)).pooler_output)
    assert_same(whole, expected)
    tower = make_card(
        "transformers", 12, "cls+proj", architecture="CLIPVisionModelWithProjection",
        only=["vision_model.", "visual_projection."], kwargs=VISION | {"projection_dim": 12},
    )  # fmt: skip
    assert_same(tower, expected)


def test_the_vision_tower_of_siglip(repository: Path, make_card: Any, normalised: Any, assert_same: Any) -> None:
    model = transformers.SiglipModel(SiglipConfig(text_config=TEXT, vision_config=VISION)).eval()
    model.save_pretrained(repository)
    card = make_card(
        "transformers", 16, "pooler", architecture="SiglipVisionModel", only=["vision_model."], kwargs=VISION
    )
    answer = model.get_image_features(pixel_values=normalised(card))
    assert_same(card, answer.pooler_output)


@pytest.fixture
def odd(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose model is code of its own, which leaves a mark when it runs."""
    modules = tmp_path / "modules"
    for place in ("transformers.dynamic_module_utils", "transformers.utils.hub", "transformers.utils"):
        monkeypatch.setattr(f"{place}.HF_MODULES_CACHE", str(modules), raising=False)
    (repository / "modeling_odd.py").write_text(CODE)
    model_of = {"AutoConfig": "modeling_odd.OddConfig", "AutoModel": "modeling_odd.OddModel"}
    text = {"model_type": "odd-of-the-test", "width": 8, "auto_map": model_of, "architectures": ["OddModel"]}
    (repository / "config.json").write_text(str(text).replace("'", '"'))
    save_file({"layer.weight": torch.rand(8, 3), "layer.bias": torch.rand(8)}, repository / "model.safetensors")
    return modules


def test_remote_code_runs_only_where_card_and_user_say_so(
    odd: Path, repository: Path, make_card: Any, normalised: Any, assert_same: Any
) -> None:
    needs = make_card("transformers", 8, "pooler", 32, True)
    with pytest.raises(FuseboardError, match=r"code of org/tiny at a{40}, which would run .* pass --trust-remote-code"):
        loaders.load(needs)
    with pytest.raises(FuseboardError, match="no usable configuration or code") as caught:
        loaders.load(make_card("transformers", 8, "pooler"), trust=True)
    assert "\n" not in str(caught.value)
    assert not list(odd.rglob("ran"))
    tensors = load_file(repository / "model.safetensors")
    colours = normalised(needs).mean(dim=(2, 3))
    assert_same(needs, colours @ tensors["layer.weight"].T + tensors["layer.bias"], True)
    assert list(odd.rglob("ran"))


def test_remote_code_that_is_not_pinned_never_runs(odd: Path, repository: Path, make_card: Any) -> None:
    card = make_card("transformers", 8, "pooler", 32, True, revision="unpinned")
    with pytest.raises(FuseboardError, match="revision unpinned"):
        loaders.load(card, trust=True)
    assert not list(odd.rglob("ran"))


@pytest.mark.parametrize(
    ("name", "tensors", "message"),
    [
        ("less", lambda t: {k: v for k, v in t.items() if "layer.1" not in k}, r"\d+ tensors of the model are not in"),
        ("more", lambda t: t | {"head.weight": torch.zeros(1)}, "1 tensors of the checkpoint are not in the model"),
    ],
)
def test_a_checkpoint_that_is_less_or_more(
    repository: Path, make_card: Any, name: str, tensors: Any, message: str
) -> None:
    Dinov2Model(Dinov2Config(**SMALL)).save_pretrained(repository)
    path = repository / "model.safetensors"
    save_file(tensors(load_file(path)), path)
    with pytest.raises(FuseboardError, match=message) as caught:
        loaders.load(make_card("transformers", 24, "cls", architecture="Dinov2Model", kwargs=SMALL))
    assert "\n" not in str(caught.value)


def test_unknown_class_is_named(repository: Path, make_card: Any) -> None:
    (repository / "model.safetensors").write_bytes(b"")
    for name in ("Dinov9Model", "AutoConfig", "AutoModel"):
        with pytest.raises(FuseboardError, match=f"unknown class of models '{name}'"):
            loaders.load(make_card("transformers", 24, "cls", architecture=name))
    assert AutoConfig
    assert AutoModel


def test_a_key_that_the_configuration_would_ignore_is_named(repository: Path, make_card: Any) -> None:
    (repository / "model.safetensors").write_bytes(b"")
    wrong = {**SMALL, "imagesize": 32}
    with pytest.raises(FuseboardError, match=r"unknown key 'imagesize' in .* of Dinov2Config; did you mean image_size"):
        loaders.load(make_card("transformers", 24, "cls", architecture="Dinov2Model", kwargs=wrong))


def test_a_pooling_that_the_class_cannot_have(card_of: Any) -> None:
    source = {"hub_id": "a/b", "revision": "0" * 40, "weights": "w", "sha256": "0" * 64}
    card = card_of("transformers", 24, "pooler", architecture="ViTMSNModel", kwargs=SMALL, **source)
    with pytest.raises(
        FuseboardError, match=r"ViTMSNModel cannot have pooling = 'pooler' \(.+\); it has 'cls' .*'mean'"
    ):
        loaders.load(card)
