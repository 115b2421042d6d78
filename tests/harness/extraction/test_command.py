"""`fuseboard extract` of several backbones: names, cards and folders of cards, and one that fails beside others."""

from pathlib import Path
from typing import Any

import pytest

from fuseboard import cli
from fuseboard.harness.backbones import registry
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.extraction import shared_reader
from fuseboard.harness.extraction.extract import extract
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.store import Store


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of two cards, one of which says a wrong width, and no process per backbone, which has its own tests."""

    def together(cards: list[Card], dataset: Any, store: Store, device: str, *rest: Any) -> list[Version]:
        return [extract(card, dataset, store, device) for card in cards]

    monkeypatch.setattr(shared_reader, "extract_together", together)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FUSEBOARD_STORE", str(tmp_path / "store"))
    (tmp_path / "own").mkdir()
    hog = registry.get("hog")
    (tmp_path / "own" / "a.toml").write_text(hog.model_copy(update={"id": "a", "dim": 17}).toml())
    (tmp_path / "own" / "b.toml").write_text(hog.model_copy(update={"id": "b"}).toml())
    return tmp_path


def test_one_that_fails_stops_no_other(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["extract", "own", "pixels", "-d", "digits", "--limit", "12"]) == 1
    said = capsys.readouterr()
    assert {version.manifest.backbone for version in Store().versions} == {"b", "pixels"}
    assert len(said.out.splitlines()) == 2
    assert "digits-sample12: a: its card says dim = 17" in said.err
    assert "1 of 3 extractions failed" in said.err


def test_a_folder_names_the_versions_of_its_cards(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("own/a.toml").unlink()
    assert cli.run(["extract", "own", "-d", "digits", "--limit", "12"]) == 0
    Path("own/b.toml").write_text(
        registry.get("hog").at_precision("fp16").model_copy(update={"id": "b", "title": "another"}).toml()
    )
    assert cli.run(["search", "digits-sample12", "--backbones", "own", "--protocol", "starter"]) == 2
    assert "unknown version 'b@" in capsys.readouterr().err
    assert cli.run(["search", "digits-sample12", "--backbones", "b", "--protocol", "starter", "--jobs", "1"]) == 0


def test_what_is_there_is_said_and_not_taken_for_what_changed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["extract", "net.toml", "-d", "digits", "--limit", "12"]
    Path("code.py").write_text("from torch import nn\nmade = nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten())\n")
    source = {"loader": "python", "architecture": None, "module": "code:made", "module_sha256": "unpinned"}
    card = registry.get("hog").model_dump(mode="json", exclude_none=True) | {"id": "net", "dim": 12, "source": source}
    card["preprocessing"] |= {"mode": "RGB", "size": 16, "mean": [0.5] * 3, "std": [0.5] * 3}
    Path("net.toml").write_text(Card.model_validate(card).toml())
    assert cli.run(["extract", "net", "-d", "digits"]) == 2
    assert "say net.toml" in capsys.readouterr().err
    assert cli.run(["backbones", "pin", "net.toml"]) == 0
    assert cli.run(command) == 0
    assert "nothing was computed" not in capsys.readouterr().err
    assert cli.run(command) == 0
    assert "nothing was computed" in capsys.readouterr().err
    text = Path("net.toml").read_text()
    Path("net.toml").write_text(text.replace("dim = 12", "dim = 13"))
    assert cli.run(command) == 1
    assert "its card says dim = 13, the vectors in the store have 12 numbers" in capsys.readouterr().err
    Path("net.toml").write_text(text)
    Path("code.py").write_text(Path("code.py").read_text().replace("AdaptiveAvg", "AdaptiveMax"))
    assert cli.run(command) == 1
    assert "the code has changed" in capsys.readouterr().err
    assert cli.run(["backbones", "pin", "net.toml"]) == 1
    assert "the code has changed" in capsys.readouterr().err
    Path("code.py").unlink()
    assert cli.run(command) == 0
