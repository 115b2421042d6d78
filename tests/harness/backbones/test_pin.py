"""Pinning: an unpinned card makes no version, and becomes a pinned one from what its place holds now."""

import json
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
from safetensors.torch import save, save_file
from typer.testing import CliRunner

from fuseboard.harness.backbones import card as cards
from fuseboard.harness.backbones import loaders, pin, registry
from fuseboard.harness.backbones.cli import cli
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.files.hashing import sha256_of

TINY = {"architecture": "vit_tiny_patch16_224", "kwargs": {"img_size": 32, "num_classes": 0}}
OPEN = {"hub_id": "org/tiny", "revision": "unpinned", "sha256": "unpinned"}
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content:DeprecationWarning")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def loose(hub: Any, card_of: Any) -> Any:
    """An unpinned card, and what its repository holds."""
    model = timm.create_model("vit_tiny_patch16_224", **TINY["kwargs"])
    hub.repos["org/tiny"].commit({"model.safetensors": save(model.state_dict())})
    return card_of("timm", 192, "cls", weights="model.safetensors", **OPEN, **TINY)


def yes(question: str) -> bool:
    return True


def test_an_unpinned_card_makes_no_version_and_reads_nothing(loose: Any, hub: Any) -> None:
    assert loose.unpinned == ("revision", "sha256")
    for use in (lambda: loose.fingerprint, lambda: loaders.load(loose)):
        with pytest.raises(FuseboardError, match=r"revision and sha256 unpinned.*run `fuseboard backbones pin tiny`"):
            use()
    assert hub.asked == []


def test_pinning_takes_what_is_there_now(loose: Any, hub: Any, here: Path) -> None:
    made = pin.pin(loose)
    assert made.unpinned == ()
    assert made.source.revision == hub.repos["org/tiny"].head
    assert loaders.load(made)
    hub.repos["org/tiny"].commit({"model.safetensors": b"other weights since"})
    assert loaders.load(made), "a commit since changes nothing"
    again = loose.model_copy(update={"source": loose.source.model_copy(update={"revision": made.source.revision})})
    assert pin.pin(again) == made, "a revision that is pinned already stays"


def test_the_first_use_offers_to_pin_and_the_second_finds_it(loose: Any, here: Path) -> None:
    asked: list[str] = []
    made = pin.pinned(loose, lambda question: not asked.append(question))
    assert "tiny: revision and sha256 unpinned. Fetch its weights from org/tiny" in asked[0]
    assert cards.read(here / "tiny.toml") == made == registry.get("tiny.toml")
    assert pin.pinned(loose, lambda question: pytest.fail(question)) == made
    assert pin.pinned(made, lambda question: pytest.fail(question)) is made


def test_whoever_refuses_is_told_the_command(loose: Any, here: Path, hub: Any) -> None:
    with pytest.raises(FuseboardError, match="run `fuseboard backbones pin tiny` and use the card that it writes"):
        pin.pinned(loose, lambda question: False)
    assert list(here.iterdir()) == []
    assert hub.asked == []


def test_a_file_of_that_name_is_never_overwritten(loose: Any, here: Path, hub: Any) -> None:
    (here / "tiny.toml").write_text(loose.model_copy(update={"title": "mine"}).toml())
    with pytest.raises(UsageError, match=r"tiny\.toml: there is a file of this name already"):
        pin.pinned(loose, yes)
    assert hub.asked == []


@pytest.mark.parametrize("folder", ["", "tower/"])
def test_shards_are_pinned_one_by_one_and_only_the_needed_ones(hub: Any, card_of: Any, here: Path, folder: str) -> None:
    where = {"vision.w": "a.safetensors", "vision.b": "b.safetensors", "text.w": "c.safetensors"}
    tree = {"i.index.json": json.dumps({"weight_map": where}).encode()}
    tree |= {f"{n}.safetensors": save({f"vision.{n}": torch.zeros(2)}) for n in "ab"}
    hub.repos["org/tiny"].commit({f"{folder}{name}": content for name, content in tree.items()})
    card = card_of("timm", 192, "cls", weights=f"{folder}i.index.json", prefix="vision.", **OPEN, **TINY)
    assert card.unpinned == ("revision", "sha256", "shards")
    made = pin.pin(card)
    assert sorted(made.source.shards) == ["a.safetensors", "b.safetensors"]
    assert "c.safetensors" not in " ".join(hub.downloads())


def test_files_and_code_of_ones_own(card_of: Any, here: Path) -> None:
    (here / "mine.py").write_text("class Mine: ...\n")
    made = pin.pin(card_of("python", 4, "none", module="mine:Mine", module_sha256="unpinned"))
    assert made.source.module_sha256 == sha256_of(here / "mine.py")
    save_file({"w": torch.zeros(1)}, here / "w.safetensors")
    made = pin.pin(card_of("timm", 192, "cls", file="w.safetensors", sha256="unpinned", **TINY))
    assert made.source.sha256 == sha256_of(here / "w.safetensors")


def test_the_command_writes_a_card_that_works(loose: Any, here: Path) -> None:
    (here / "loose.toml").write_text(loose.toml())
    answer = CliRunner().invoke(cli, ["pin", "loose.toml", "--out", "made.toml"])
    assert (answer.exit_code, answer.stdout) == (0, "made.toml\n")
    assert loaders.load(registry.get("made.toml"))
    assert isinstance(CliRunner().invoke(cli, ["pin", "loose.toml", "--out", "made.toml"]).exception, UsageError)


def test_list_and_show_say_what_is_missing(here: Path) -> None:
    rows = json.loads(CliRunner().invoke(cli, ["list", "--json"]).stdout)
    loose = {name for name in registry.names() if registry.get(name).unpinned}
    assert {row["id"] for row in rows if row["fingerprint"] == "unpinned"} == loose
    assert loose.isdisjoint(registry.fingerprints())
    prints = {row["id"]: row["fingerprint"] for row in rows}
    assert prints["pixels"] == registry.get("pixels").fingerprint
    dino = registry.get("rad-dino")
    source = dino.source.model_copy(update={"revision": "unpinned", "sha256": "unpinned"})
    doubts = ("preprocessing.mean", "preprocessing.std")
    (here / "own.toml").write_text(dino.model_copy(update={"source": source, "unverified": doubts}).toml())
    shown = CliRunner().invoke(cli, ["show", "own.toml"]).stdout
    assert "# unpinned: revision, sha256\n# unverified: preprocessing.mean, preprocessing.std" in shown
    assert "# pixels: shorter edge to 518 (bicubic), centre 518 x 518; RGB, over 255" in shown
    facts = json.loads(CliRunner().invoke(cli, ["show", "own.toml", "--json"]).stdout)
    assert facts["fingerprint"] is None
    assert facts["unpinned"] == ["revision", "sha256"]
