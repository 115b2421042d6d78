"""`fuseboard store audit`: every kind of place, whose model is loaded, and what it ends with."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fuseboard.cli import run
from fuseboard.harness.backbones import loaders, registry
from fuseboard.harness.datasets import registry as datasets
from fuseboard.store.embeddings.manifest import CARD
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.remotes import place
from fuseboard.store.remotes.local import LocalRemote
from fuseboard.store.store import Store
from tests.harness.reproduction.published import made, with_transform

DATA = "digits-first120"


def audited(capsys: pytest.CaptureFixture[str], *more: object) -> tuple[int, list[dict[str, Any]], str]:
    """Exit code, rows and what was said beside them."""
    code = run(["store", "audit", *map(str, more), "--json"])
    said = capsys.readouterr()
    return code, json.loads(said.out) if said.out else [], said.err


def hog(store: Path) -> Version:
    return Store(store).version("hog")


def test_a_backbone_of_the_store_a_folder_and_a_store(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, [row], _ = audited(capsys, "hog", "--store", store)
    assert (code, row["verdict"], row["dataset"], row["images"], row["card"]) == (0, "same", DATA, 32, "hog")
    moved = Path(shutil.copytree(hog(store).folder, store.parent / "downloaded"))
    code, [row], _ = audited(capsys, moved, "--store", store.parent / "none")
    assert (code, row["verdict"]) == (0, "same")
    code, rows, _ = audited(capsys, store, "--store", store.parent / "none")
    assert (code, {row["card"] for row in rows}) == (0, {"hog", "pixels"})


def test_a_file_of_vectors(tmp_path: Path, store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    vectors = made(with_transform(registry.get("hog"), interpolation="nearest"), DATA)
    np.savez(tmp_path / "hog.npz", **{f"{s}_features": v for s, v in vectors.items()},
             **{f"{s}_ids": np.arange(len(v)) for s, v in vectors.items()})  # fmt: skip
    before = sorted(store.rglob("*"))
    code, [row], _ = audited(capsys, tmp_path / "hog.npz", "--card", "hog", "-d", DATA, "--store", store)
    assert (code, row["verdict"], row["best"]) == (1, "other transform", "interpolation: nearest")
    assert sorted(store.rglob("*")) == before
    assert audited(capsys, tmp_path / "hog.npz", "--store", store)[0] == 2
    assert audited(capsys, tmp_path / "hog.npz", "--card", "pixels", "-d", DATA, "--store", store)[0] == 1


def test_a_remote_place_is_fetched_for_the_time_of_the_audit(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def remote(*asked: Any) -> Iterator[LocalRemote]:
        yield LocalRemote(hog(store).folder)

    monkeypatch.setattr(place, "opened", remote)
    code, [row], _ = audited(capsys, "org/hog", "--store", tmp_path / "mine", "--split", "val")
    assert (code, row["verdict"], row["images"]) == (0, "same", 32)
    assert list((tmp_path / "mine").iterdir()) == []


def test_another_model_by_its_width(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, [row], said = audited(capsys, "hog", "--card", "pixels", "--store", store)
    assert (code, row["verdict"], row["certainty"]) == (1, "other model", "certain")
    assert row["why"] == "900 numbers per image, pixels makes 256"
    assert "names another card than pixels" in said


def renamed(version: Version, card: str | None) -> Path:
    """The version as that of a backbone nobody ships, with another card beside it, or none."""
    folder = Path(shutil.copytree(version.folder, version.folder.parents[2] / "beta" / version.folder.name))
    facts = json.loads((folder / "manifest.json").read_text()) | {"backbone": "beta"}
    (folder / "manifest.json").write_text(json.dumps(facts))
    (folder / CARD).unlink()
    if card is not None:
        (folder / CARD).write_text(card)
    return folder


def test_the_card_that_came_along_is_a_strangers(
    store: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = registry.get("hog").model_copy(update={"id": "beta"}).toml()
    folder = renamed(hog(store), text)
    assert audited(capsys, folder)[0] == 0
    monkeypatch.setattr(loaders, "load", lambda *_: pytest.fail("it was loaded"))
    (folder / CARD).write_text(text.replace("trust = false", "trust = true"))
    code, rows, said = audited(capsys, folder)
    assert (code, rows) == (1, [])
    assert "the card that came with it is not loaded: its model is code of its repository" in said
    (folder / CARD).unlink()
    assert "no card came with it; say --card" in audited(capsys, folder)[2]


def test_what_cannot_be_audited_is_said(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, said = audited(capsys, "nonesuch", "--store", store.parent / "none")
    assert (code, "no file or folder, no backbone of the store" in said) == (2, True)
    (store.parent / "x.npy").touch()
    assert audited(capsys, store.parent / "x.npy", "--store", store.parent / "none")[0] == 2
    assert not (store.parent / "none").exists()
    code, _, said = audited(capsys, "hog", "-d", "breastmnist-28", "--store", store)
    assert (code, "has no embeddings of breastmnist-28" in said) == (1, True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(datasets.get(DATA)), "at_hand", False)
        code, _, said = audited(capsys, "hog", "--store", store)
        assert (code, "its images are not on this machine" in said) == (1, True)
