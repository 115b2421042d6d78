"""From a Hub token to ranked rows: the commands of docs/paper-nine.md for all nine, against a Hub on the loopback."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from fuseboard import cli
from fuseboard.harness.backbones import canary, registry
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.datasets import registry as datasets
from fuseboard.harness.extraction import shared_reader
from fuseboard.harness.extraction.extract import extract
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.store import Store
from tests.harness.backbones import paper_nine

TOKEN = "hf_only_for_the_test"
DOCUMENT = Path(__file__).parents[3] / "docs" / "paper-nine.md"
DATASET = "breastmnist-28-sample16"
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content:DeprecationWarning")


@pytest.fixture
def authors(hub: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The nine small cards, their checkpoints on the Hub, and the authors' own models."""
    paper_nine.ship(tmp_path / "shipped", monkeypatch)
    paper_nine.install_conch(tmp_path / "conch", monkeypatch)
    made = {}
    for name in registry.PAPER:
        card = registry.get(name)
        tree, made[name] = paper_nine.published(card)
        hub.repos[card.source.hub_id] = hub.repo()
        hub.repos[card.source.hub_id].commit(tree)
        if card.source.revision != "unpinned":
            commits = hub.repos[card.source.hub_id].commits
            commits[card.source.revision] = tree
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FUSEBOARD_STORE", str(tmp_path / "store"))
    return made


def in_this_process(cards: list[Card], dataset: Any, store: Store, device: str, *rest: Any) -> list[Version]:
    """Processes of their own, which import torch nine times, have tests of their own."""
    return [extract(card, dataset, store, device) for card in cards]


def commands() -> list[list[str]]:
    """The commands of the document's block, on a sample, with a protocol and a strategy that take seconds."""
    [block] = re.findall(r"```bash\n(pip .*?)```", DOCUMENT.read_text(), re.DOTALL)
    lines = [line.partition("#")[0].split() for line in block.splitlines()]
    found = [words[1:] for words in lines if words and words[0] == "fuseboard"]
    smaller = {"breastmnist-28": DATASET}
    more = {"search": ["--strategy", "top-k", "--protocol", "starter", "--jobs", "1"], "extract": ["--limit", "16"]}
    return [
        [smaller.get(word, word) if words[0] == "search" else word for word in words if word != "breastmnist"]
        + more.get(words[0], [])
        for words in found
    ]


def test_from_a_token_to_ranked_rows_of_all_nine(
    authors: dict[str, Any],
    hub: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(shared_reader, "extract_together", in_this_process)
    torch.set_num_threads(1)
    for words in commands():
        assert cli.run(words) == 0, words
    said = capfd.readouterr()
    versions = {version.manifest.backbone: version for version in Store().versions}
    assert sorted(versions) == sorted(registry.PAPER)
    for name, version in versions.items():
        card = registry.get(f"pinned/{name}.toml")
        assert version.manifest.fingerprint == card.fingerprint
        with torch.inference_mode():
            expected = authors[name](normalised(card)).numpy()
        np.testing.assert_allclose(np.array(version.manifest.canary), expected, atol=1e-5, err_msg=name)
    [results] = Path("site").rglob("results.json")
    [board] = [b for b in json.loads(results.read_text())["boards"] if b["dataset"] == DATASET]
    ranked = [tuple(entry["subset"]) for entry in board["entries"]]
    assert {(name,) for name in registry.PAPER} <= set(ranked), "each alone"
    assert max(map(len, ranked)) > 1, "and fused"
    assert f"Bearer {TOKEN}" in hub.tokens
    files = [path for path in tmp_path.rglob("*") if path.is_file() and "hub-cache" not in path.parts]
    assert files
    assert not [path for path in files if TOKEN.encode() in path.read_bytes()]
    assert TOKEN not in said.out + said.err


def normalised(card: Card) -> torch.Tensor:
    """The canary images as a script of the authors' would feed them, after this card's resizing."""
    pixels = np.stack([card.preprocessing.pixels(image) for image in canary.images()]).astype(np.float32) / 255
    images = (pixels - np.float32(card.preprocessing.mean)) / np.float32(card.preprocessing.std)
    return torch.from_numpy(images).permute(0, 3, 1, 2)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["biomedclip", "pubmedclip", "hibou-b", "rad-dino", "uni"])
def test_a_checkpoint_of_the_real_size(name: str, hub: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shipped cards of the ViT-B among the nine and of UNI, a ViT-L, as they are; the parameters are random."""
    monkeypatch.chdir(tmp_path)
    card = registry.get(name)
    tree, model = paper_nine.published(card)
    hub.repos[card.source.hub_id] = hub.repo()
    hub.repos[card.source.hub_id].commit(tree)
    assert cli.run(["backbones", "pin", name, "--into", "pinned"]) == 0
    [own] = registry.get_all(["pinned"])
    version = extract(own, datasets.get("breastmnist-28-sample4"), Store(tmp_path / "store"))
    with torch.inference_mode():
        expected = model(normalised(card)).numpy()
    np.testing.assert_allclose(np.array(version.manifest.canary), expected, atol=1e-4)
