"""Three of the paper's nine made small, as if they were what ships, on the Hub of the loopback."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from fuseboard.harness.backbones import canary, parity, registry
from fuseboard.harness.backbones.card import Card
from tests.harness.backbones import paper_nine
from tests.harness.backbones.conftest import _hub as _hub
from tests.harness.backbones.conftest import hub as hub

NAMES = ("chexagent", "pubmedclip", "uni")


@pytest.fixture
def field(hub: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The authors' own models of three shipped cards; shipped canaries are none, and this folder is the user's."""
    monkeypatch.setattr(paper_nine, "SMALLER", {name: paper_nine.SMALLER[name] for name in NAMES})
    paper_nine.ship(tmp_path / "shipped", monkeypatch)
    monkeypatch.setattr(registry, "PAPER", NAMES)
    (tmp_path / "canaries").mkdir()
    monkeypatch.setattr(canary, "FOLDER", tmp_path / "canaries")
    made = {}
    for name in NAMES:
        card = registry.get(name)
        tree, made[name] = paper_nine.published(card)
        repo = hub.repos[card.source.hub_id] = hub.repo()
        if card.source.revision == "unpinned":
            repo.commit(tree)
        else:
            repo.commits[card.source.revision] = tree
    monkeypatch.chdir(tmp_path)
    return made


def by_the_authors(card: Card, model: Any, folder: Path) -> np.ndarray:
    """What the authors' own code makes of the images that `--canary-images` wrote, read as they are."""
    parity.write_images(folder)
    looks, tensors = card.preprocessing, []
    for path in sorted(folder.glob("*.png")):
        pixels = looks.pixels(np.asarray(Image.open(path))).astype(np.float32) / 255
        tensors.append((pixels - np.float32(looks.mean)) / np.float32(looks.std))
    with torch.inference_mode():
        vectors: np.ndarray = model(torch.from_numpy(np.stack(tensors)).permute(0, 3, 1, 2)).numpy()
    return vectors
