"""A new submission: the folder that a stranger begins with, and what the Hub tells of a model."""

import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import pytest
import timm
import tomli_w
import torch
import transformers
from safetensors.torch import save
from timm.models import save_for_hf

from fuseboard.cli import run
from fuseboard.harness.backbones import canary, card_template, loaders
from fuseboard.harness.backbones import card as cards
from fuseboard.harness.submissions.drafting.new import new
from fuseboard.harness.submissions.folder import read
from fuseboard.harness.submissions.rules import parsing
from fuseboard.store.errors import FuseboardError, UsageError
from tests.store.hub_client import point_at, server_module

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content:DeprecationWarning")
WEIGHTS = (".safetensors", ".bin")


@pytest.fixture(scope="module")
def _hub() -> Iterator[Any]:
    """The Hub of the store's tests, with a model's routes and what a model's page says."""
    module = server_module("hub_server_of_strangers")
    module.ROUTES += [("GET", rf"/api/models/{module.NAME}", "model")]
    module.ROUTES += [(None, rf"/{module.NAME}/resolve/(?P<revision>[^/]+)/(?P<path>.+)", "resolve")]

    class Models(module.Handler):
        def model(self, body: bytes, repo: str) -> None:
            if found := self.repo(repo):
                files = []
                for name, data in found[0].commits[found[1]].items():
                    lfs = {"size": len(data), "sha256": sha256(data).hexdigest(), "pointerSize": 130}
                    files.append({"rfilename": name, "size": len(data), "lfs": lfs if name.endswith(WEIGHTS) else None})
                self.answer(200, {"id": repo, "sha": found[1], "siblings": files, "tags": []} | self.server.page)

    server = module.FakeHub()
    server.RequestHandlerClass = Models
    server.repo = module.Repo
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def hub(_hub: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    _hub.reset()
    _hub.page = {}
    _hub.repos["org/tiny"] = _hub.repo()
    point_at(_hub.url, monkeypatch, tmp_path / "hub-cache")
    return _hub


def serve(hub: Any, tree: dict[str, Any], **page: Any) -> str:
    """Puts files into `org/tiny`, dictionaries as JSON; returns the commit."""
    hub.page = page
    data = {name: json.dumps(x).encode() if isinstance(x, dict) else x for name, x in tree.items()}
    return str(hub.repos["org/tiny"].commit(data))


def saved(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def gaps(folder: Path) -> set[str]:
    found = read(folder)[1]
    left = [f.message for f in found if f.check == "filled in" and f.message.startswith("card")]
    return {key for message in left for key in message.rpartition(": ")[2].split(", ")}


def finished(folder: Path, **facts: Any) -> Any:
    """The card when a person has filled in the rest; comments stay."""
    text = (folder / "card.toml").read_text()
    everyone = {"modality": ["any"], "redistribution": "embeddings", "overlap": [], "pretraining": ["ImageNet-1K"]}
    for key, value in {**everyone, **facts}.items():
        gap = tomli_w.dumps({key: [parsing.PLACEHOLDER] if isinstance(value, list) else parsing.PLACEHOLDER})
        for line in (gap.strip(), f'{key} = ["FILL IN"]'):
            text = text.replace(f"\n{line}\n", f"\n{tomli_w.dumps({key: value}).strip()}\n")
    assert text.count("\n# ") > 20
    (folder / "card.toml").write_text(text)
    return cards.read(folder / "card.toml")


def assert_same(card: Any, expected: Callable[[torch.Tensor], torch.Tensor]) -> None:
    """The card's encoder makes what the library itself makes of the canary."""
    pixels = torch.stack([torch.from_numpy(card.preprocessing.pixels(i).copy()) for i in canary.images()])
    mean, std = (torch.tensor(x).view(-1, 1, 1) for x in (card.preprocessing.mean, card.preprocessing.std))
    with torch.inference_mode():
        wanted = expected((pixels.permute(0, 3, 1, 2).float() / 255 - mean) / std).numpy()
    np.testing.assert_allclose(canary.vectors(card, loaders.load(card)), wanted, atol=1e-4)


def test_every_gap_of_the_template_is_named(tmp_path: Path) -> None:
    folder, told = new("my-model", tmp_path / "submissions")
    assert {path.name for path in folder.iterdir()} == {"card.toml", "submission.toml", "README.md"}
    text = (folder / "card.toml").read_text()
    assert len(told) == 1
    named = {*told[0].removeprefix("to fill in: ").split(", ")}
    assert len(named) == text.count("FILL IN") - 1  # the head of the card says the words once
    assert gaps(folder) == named
    assert "fuseboard submission check" in (folder / "README.md").read_text()
    assert "manifest.json is not there" in " ".join(finding.message for finding in read(folder)[1])


def test_the_template_names_every_key_of_a_card() -> None:
    from fuseboard.harness.backbones.preprocessing import Preprocessing

    text = card_template.FILE.read_text()
    for key in (*cards.Card.model_fields, *Preprocessing.model_fields):
        assert f"\n{key} = " in text or f"\n# {key} = " in text or f"\n[{key}]" in text


def test_a_finished_card_is_read(tmp_path: Path) -> None:
    folder, _ = new("my-model", tmp_path)
    facts: dict[str, Any] = {"title": "Mine", "pooling": "cls", "dim": 192, "licence": "MIT", "gated": False}
    facts |= {"loader": "timm", "architecture": "vit_tiny_patch16_224", "hub_id": "org/tiny", "weights": "a.bin"}
    facts |= {"size": 224, "resize": "shortest", "crop": 0.875, "interpolation": "bicubic"}
    card = finished(folder, **facts, mean=[0.5, 0.5, 0.5], std=[0.5, 0.5, 0.5])
    assert card.unpinned == ("revision", "sha256")
    assert cards.Card.model_validate(card.model_dump()) == card


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    folder, _ = new("mine", tmp_path)
    (folder / "card.toml").write_text("mine")
    with pytest.raises(UsageError, match="this is there already"):
        new("mine", tmp_path)
    (tmp_path / "other").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="this is there already"):
        new("other", tmp_path)
    assert (folder / "card.toml").read_text() == "mine"


def test_all_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "no space")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(FuseboardError, match="no space left on the disk"):
        new("mine", tmp_path / "submissions")
    assert list((tmp_path / "submissions").iterdir()) == []


@pytest.mark.parametrize(
    "name", ["..", "../mine", "con", "hog", "h0g", "Mine", "a" * 300, "h\u043eg", "", "a/b", "x\n", "-x"]
)
def test_a_name_that_cannot_be(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError) as caught:
        new(name, tmp_path / "submissions")
    assert str(caught.value).isprintable()
    assert list(tmp_path.iterdir()) == []


def test_a_timm_model(hub: Any, tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = timm.create_model("vit_tiny_patch16_224", num_classes=0, img_size=32, patch_size=8).eval()
    save_for_hf(model, tmp_path / "saved", model_args={"img_size": 32, "patch_size": 8}, safe_serialization=True)
    files = saved(tmp_path / "saved")
    page = {"cardData": {"license": "apache-2.0", "datasets": ["imagenet-1k"]}, "tags": ["arxiv:2010.11929"]}
    revision = serve(hub, files, **page, safetensors={"parameters": {"F32": 7}, "total": 7}, gated="auto")
    folder, told = new("tiny", tmp_path / "submissions", "org/tiny")
    assert hub.downloads() == ["config.json"]
    assert gaps(folder) == {"pooling", "modality", "redistribution", "overlap"}
    assert any("global_pool = 'token'" in line for line in told)
    card = finished(folder, pooling="cls")
    assert (card.source.loader, card.source.architecture) == ("timm", "vit_tiny_patch16_224")
    assert (card.source.hub_id, card.source.revision, card.source.weights) == (
        "org/tiny",
        revision,
        "model.safetensors",
    )
    assert card.source.sha256 == sha256(files["model.safetensors"]).hexdigest()
    assert (card.dim, card.parameters, card.licence, card.gated) == (192, 7, "apache-2.0", True)
    assert (card.title, card.paper, card.pretraining) == ("tiny", "https://arxiv.org/abs/2010.11929", ("imagenet-1k",))
    assert (card.preprocessing.crop, card.preprocessing.interpolation) == (0.9, "bicubic")
    assert_same(card, model)


def test_a_transformers_model(hub: Any, tmp_path: Path) -> None:
    torch.manual_seed(0)
    tiny = {"hidden_size": 24, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    model = transformers.Dinov2Model(transformers.Dinov2Config(**tiny, image_size=28, patch_size=14)).eval()
    model.save_pretrained(tmp_path / "saved")
    transform = {
        "do_resize": True, "size": {"shortest_edge": 32}, "do_center_crop": True, "resample": 3, "do_normalize": True,
        "crop_size": {"height": 28, "width": 28}, "rescale_factor": 1 / 255, "image_mean": [0.4, 0.5, 0.6],
        "image_std": [0.2, 0.2, 0.2], "image_processor_type": "BitImageProcessor",
    }  # fmt: skip
    serve(hub, {**saved(tmp_path / "saved"), "preprocessor_config.json": transform}, cardData={"license": "mit"})
    folder, told = new("tiny", tmp_path / "submissions", "org/tiny")
    assert hub.downloads() == ["config.json", "preprocessor_config.json"]
    assert gaps(folder) == {"pooling", "modality", "redistribution", "overlap", "pretraining"}
    assert any("Dinov2Model" in line for line in told)
    card = finished(folder, pooling="pooler")
    assert (card.dim, card.licence, card.gated, card.source.architecture) == (24, "mit", False, None)
    used = card.preprocessing
    assert (used.size, used.resize, used.crop, used.centre) == (28, "shortest", 0.875, "floor")
    assert (used.mean, used.std, used.interpolation) == ((0.4, 0.5, 0.6), (0.2, 0.2, 0.2), "bicubic")
    assert_same(card, lambda images: model(pixel_values=images).pooler_output)


def test_an_open_clip_model(hub: Any, tmp_path: Path) -> None:
    torch.manual_seed(0)
    vision = {"image_size": 32, "layers": 1, "width": 64, "head_width": 32, "patch_size": 16}
    text = {"context_length": 8, "vocab_size": 16, "width": 32, "heads": 2, "layers": 1}
    model = open_clip.CLIP(48, vision, text).eval()
    config = {
        "model_cfg": {"embed_dim": 48, "vision_cfg": vision, "text_cfg": text},
        "preprocess_cfg": {"mean": [0.4, 0.4, 0.4], "std": [0.2, 0.2, 0.2]},
    }
    weights = save({key: value.contiguous() for key, value in model.state_dict().items()})
    serve(hub, {"open_clip_config.json": config, "open_clip_model.safetensors": weights}, cardData={"license": "mit"})
    folder, _ = new("tiny", tmp_path / "submissions", "org/tiny")
    assert gaps(folder) == {"modality", "redistribution", "overlap", "pretraining"}
    card = finished(folder)
    assert (card.source.loader, card.pooling, card.dim, card.preprocessing.size) == ("open_clip", "cls+proj", 48, 32)
    assert_same(card, lambda images: model.encode_image(images))


def test_open_clip_fetches_no_tower_of_its_own(hub: Any, tmp_path: Path) -> None:
    vision = {"timm_model_name": "vit_tiny_patch16_224", "timm_model_pretrained": True, "image_size": 224}
    serve(hub, {"open_clip_config.json": {"model_cfg": {"embed_dim": 48, "vision_cfg": vision}}})
    folder, _ = new("tiny", tmp_path / "submissions", "org/tiny")
    assert "timm_model_pretrained = false" in (folder / "card.toml").read_text()


def test_a_repository_that_tells_nothing(hub: Any, tmp_path: Path) -> None:
    revision = serve(hub, {"weights.onnx": b"x"})
    folder, _ = new("tiny", tmp_path / "submissions", "org/tiny")
    assert {"licence", "source.loader", "source.weights", "preprocessing.size", "dim"} <= gaps(folder)
    assert f'revision = "{revision}"' in (folder / "card.toml").read_text()


DEEP = json.loads('{"a":' * 30 + "1" + "}" * 30)
HOSTILE = {
    "an escape": ({"license": "MIT\x1b[2J"}, {}, "licence: what the Hub says holds U+001B", "licence"),
    "a quotation": ({"license": 'MIT"\nid = "evil'}, {}, "licence: what the Hub says holds U+000A", "licence"),
    "a table": ({"license": {"a": 1}}, {}, "licence: what the Hub says is a table", "licence"),
    "a number": ({"license": 5}, {}, "licence: what the Hub says is nothing that a card can hold", "licence"),
    "tables in a list": ({"datasets": [{"id": "evil"}]}, {}, "pretraining: what the Hub says is a", "pretraining"),
    "a book": ({"license": "a" * 3000}, {}, "licence: what the Hub says has 3,000 characters", "licence"),
    "a width": ({}, {"num_features": "<b>"}, "dim: what the Hub says is nothing that a card can hold", "dim"),
    "a negative width": ({}, {"num_features": -1}, "dim: what the Hub says is nothing", "dim"),
    "an architecture": (
        {}, {"architecture": "x\u202ey"}, "source.architecture: what the Hub says holds U+202E", "source.architecture"
    ),
    "null": ({}, {"model_args": {"a": None}}, "source.kwargs: what the Hub says holds null", "pooling"),
    "depth": ({}, {"model_args": DEEP}, "source.kwargs: what the Hub says is nested too deeply", "pooling"),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_what_a_stranger_wrote_is_judged(hub: Any, tmp_path: Path, case: str) -> None:
    about, changes, message, gap = HOSTILE[case]
    config = {"architecture": "resnet18", "num_features": 512, "pretrained_cfg": {"mean": [1, 2, 3]}, **changes}
    serve(hub, {"config.json": config}, cardData=about)
    folder, told = new("tiny", tmp_path / "submissions", "org/tiny")
    assert message in "\n".join(told)
    assert all(line.isprintable() for line in told)
    assert gap in gaps(folder)
    assert 'id = "tiny"' in (folder / "card.toml").read_text()
    assert not any(finding.check == "contents" for finding in read(folder)[1])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[1]", "is no JSON object"),
        (b"{", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b" " * 5_000_000, "more than 4,194,304"),
    ],
)
def test_a_configuration_that_is_none(hub: Any, tmp_path: Path, content: bytes, message: str) -> None:
    serve(hub, {"config.json": content})
    folder, told = new("tiny", tmp_path / "submissions", "org/tiny")
    assert message in "\n".join(told)
    assert "source.loader" in gaps(folder)


@pytest.mark.parametrize("hub_id", ["tiny", "../../x", "https://huggingface.co/org/tiny", "org/tiny\n", "org/ti ny"])
def test_no_repository_name(tmp_path: Path, hub_id: str) -> None:
    with pytest.raises(UsageError, match="say ORG/NAME"):
        new("tiny", tmp_path / "submissions", hub_id)
    assert list(tmp_path.iterdir()) == []


def test_a_repository_that_is_not_there(hub: Any, tmp_path: Path) -> None:
    with pytest.raises(FuseboardError, match="the Hub shows no model repository org/none") as caught:
        new("tiny", tmp_path / "submissions", "org/none")
    assert "hf_only" not in str(caught.value)
    assert not (tmp_path / "submissions").exists()


def test_by_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["submission", "new", "mine", "--out", str(tmp_path)]) == 0
    out, err = capsys.readouterr()
    assert out.strip() == str(tmp_path / "mine")
    assert "to fill in: title, pooling, dim" in err
    assert run(["submission", "new", "mine", "--out", str(tmp_path)]) == 2
