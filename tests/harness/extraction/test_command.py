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
