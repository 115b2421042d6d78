"""`backbones new`: a card of one's own that is filled in, pinned and used in as many steps as it says."""

import re
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import save_file

from fuseboard import cli
from fuseboard.harness.backbones import canary, loaders, registry
from fuseboard.harness.backbones.source import LOADERS
from fuseboard.store.errors import UsageError

CODE = "from torch import nn\nmade = nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten())\n"
ONLY_A_PERSON_KNOWS = {
    "title": "Mine", "pooling": "avg", "dim": 12, "modality": ["x"], "licence": "MIT", "pretraining": [], "overlap": [],
    "size": 32, "resize": "stretch", "crop": 1.0, "interpolation": "bilinear", "mean": [0.5] * 3, "std": [0.5] * 3,
    "architecture": "resnet18", "hub_id": "org/net", "weights": "w.bin", "file": "w.bin", "module": "code:made",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def new(*arguments: str) -> int:
    return cli.run(["backbones", "new", *arguments])


def fill(card: Path) -> None:
    """Does what a person would: replaces every FILL IN."""

    values = {key: repr(one).replace("'", '"') for key, one in ONLY_A_PERSON_KNOWS.items()}
    gap = re.compile(r'^(\w+) = \[?"FILL IN"\]?$', re.MULTILINE)
    card.write_text(gap.sub(lambda found: f"{found[1]} = {values[found[1]]}", card.read_text()))


@pytest.mark.parametrize("loader", LOADERS)
def test_of_every_loader_all_that_is_left_is_said_at_once(loader: str) -> None:
    assert new("net", "--loader", loader) == 0
    text = Path("net.toml").read_text()
    lines = text.splitlines()
    keys = [number for number, line in enumerate(lines) if re.match(r"(?!std)[a-z_0-9]+ = ", line)]
    assert all(lines[number - 1].startswith("# ") for number in keys), "every key has a comment"
    with pytest.raises(UsageError) as error:
        registry.get("net.toml")
    assert str(error.value).count("(line ") == text.count("FILL IN") - 1  # the head names it, too
    assert "missing" not in str(error.value)
    fill(Path("net.toml"))
    assert registry.get("net.toml").source.loader == loader


def test_a_file_of_timms_is_ready_but_for_what_only_a_person_knows(tmp_path: Path) -> None:
    model = timm.create_model("resnet18", num_classes=0).eval()
    (tmp_path / "weights").mkdir()
    save_file(model.state_dict(), tmp_path / "weights" / "w.safetensors")
    assert new("net", "--model", "resnet18", "--file", "weights/w.safetensors", "-o", "cards/net.toml") == 0
    Path("cards/net.toml").rename("net.toml")
    Path("net.toml").write_text(Path("net.toml").read_text().replace('"../weights', '"weights'))
    fill(Path("net.toml"))
    card = registry.get("net.toml")
    assert (card.dim, card.pooling, card.unpinned, card.preprocessing.size) == (512, "avg", (), 224)
    assert card.parameters == sum(one.numel() for one in model.parameters())
    assert {"preprocessing.mean", "preprocessing.crop"} <= {*card.unverified}
    found = canary.vectors(card, loaders.load(card))
    pixels = torch.stack([torch.from_numpy(card.preprocessing.pixels(image).copy()) for image in canary.images()])
    images = pixels.permute(0, 3, 1, 2).float() / 255
    mean, std = (torch.tensor(one).view(1, 3, 1, 1) for one in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    np.testing.assert_allclose(found, model((images - mean) / std).detach().numpy(), atol=1e-4)


def test_ones_own_network_is_pinned_where_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    assert new("net", "--loader", "python", "--model", "code:made") == 0
    assert 'module_sha256 = "unpinned"' in Path("net.toml").read_text()
    Path("code.py").write_text(CODE)
    fill(Path("net.toml"))
    before = Path("net.toml").read_text()
    assert cli.run(["extract", "net.toml", "-d", "digits", "--store", "store"]) == 1
    assert "net.toml`, which fills them in there" in capsys.readouterr().err
    assert cli.run(["backbones", "pin", "net.toml"]) == 0
    after = Path("net.toml").read_text()
    assert [a for a, b in zip(after.splitlines(), before.splitlines(), strict=True) if a != b] == [
        f'module_sha256 = "{registry.get("net.toml").source.module_sha256}"'
    ]
    card = registry.get("net.toml")
    assert canary.vectors(card, loaders.load(card)).shape == (3, 12)
    assert new("other", "--loader", "python", "--model", "code:made") == 0
    assert 'module_sha256 = "unpinned"' not in Path("other.toml").read_text()


@pytest.mark.parametrize(
    ("loader", "model", "facts"),
    [
        ("timm", "resnet18.a1_in1k", {"architecture": "resnet18", "hub_id": "timm/resnet18.a1_in1k"}),
        ("open_clip", "ViT-B-32", {"architecture": "ViT-B-32"}),
        ("transformers", "ViTModel", {"architecture": "ViTModel"}),
    ],
)
def test_what_a_library_tells_is_filled_in(loader: str, model: str, facts: dict[str, Any]) -> None:
    assert new("net", "--loader", loader, "--model", model) == 0
    found = tomllib.loads(Path("net.toml").read_text())
    assert found["dim"] == {"timm": 512, "open_clip": 512, "transformers": 768}[loader]
    assert found["preprocessing"]["size"] == 224
    assert {key: found["source"][key] for key in facts} == facts


@pytest.mark.parametrize("kind", ["ViTModel", "ViTForImageClassification"])
def test_a_folder_of_transformers_says_its_class_and_configuration(
    kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    import transformers
    from transformers import ViTConfig, ViTImageProcessor

    small = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 32, "patch_size": 8}
    model = getattr(transformers, kind)(ViTConfig(**small, intermediate_size=48, num_labels=7)).eval()
    model.save_pretrained("vit")
    ViTImageProcessor(size={"height": 32, "width": 32}, image_mean=[0.4] * 3).save_pretrained("vit")
    assert new("net", "--loader", "transformers", "--file", "vit") == 0
    assert "to fill in: pooling, modality, licence, pretraining, overlap\n" in capsys.readouterr().err
    fill(Path("net.toml"))
    Path("net.toml").write_text(Path("net.toml").read_text().replace('pooling = "avg"', 'pooling = "cls"'))
    card = registry.get("net.toml")
    assert (card.dim, card.unverified, card.preprocessing.resize) == (24, (), "stretch")
    found = canary.vectors(card, loaders.load(card))
    pixels = torch.stack([torch.from_numpy(card.preprocessing.pixels(image).copy()) for image in canary.images()])
    images = (pixels.permute(0, 3, 1, 2).float() / 255 - 0.4) / 0.5
    np.testing.assert_allclose(found, model.base_model(images).last_hidden_state[:, 0].detach().numpy(), atol=1e-4)


def test_a_name_that_the_code_lacks_is_said_before_anything_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert new("early", "--loader", "python", "--model", "code:made") == 0
    assert "the file of code:made is not beside early.toml yet" in capsys.readouterr().err
    Path("code.py").write_text(CODE + "raise RuntimeError\n")
    assert new("net", "--loader", "python", "--model", "code:made") == 0
    Path("code.py").write_text(CODE)
    assert new("other", "--loader", "python", "--model", "code:mode") == 2
    assert "code.py has no mode; it has nn, made" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("My Net",), "'My Net': a name has up to 100 small letters"),
        (("uni",), "uni is a backbone of fuseboard"),
        (("net", "--loader", "tim"), "unknown loader 'tim'; did you mean timm"),
        (("net", "--model", "resnet81"), "unknown architecture 'resnet81' in timm .*; did you mean resnet"),
        (("net", "--loader", "open_clip", "--model", "ViT-B"), "unknown architecture 'ViT-B' in open_clip"),
        (
            ("net", "--loader", "transformers", "--model", "ViTModl"),
            "unknown class .ViTModl. .*; did you mean ViT",
        ),
        (("net", "--loader", "python", "--model", "code.py"), "say the file and what is in it, as my_models:MyNetwork"),
        (("net", "--file", "none.pth"), "none.pth: no such file of weights"),
        (("net", "--file", "."), "this folder holds no file of weights"),
        (("net", "-o", "net.txt"), "net.txt: name a file that ends in .toml"),
        (("kept",), "kept.toml: this is there already, and is not overwritten"),
    ],
)
def test_what_cannot_be_meant(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str) -> None:
    Path("kept.toml").write_text("mine")
    assert new(*arguments) == 2
    assert re.search(message, capsys.readouterr().err)
    assert [path.name for path in Path().iterdir()] == ["kept.toml"]
    assert Path("kept.toml").read_text() == "mine"
