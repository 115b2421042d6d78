"""`fuseboard grams`: from a store to scores, and what must not leave it."""

import json
import zipfile
from pathlib import Path

import pytest

from fuseboard import cli
from fuseboard.harness.grams import shared

DATA = "digits-first120"


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        cli.main(list(words))
    return int(ended.value.code or 0)


def test_too_few_images_are_refused_and_nothing_is_written(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "own.npz"
    code = run("grams", "share", DATA, "--store", str(store), "--backbones", "pixels", "-o", str(out))
    told = capsys.readouterr().err
    assert code == 2
    assert "120 images for 256 columns, of which 512 are needed" in " ".join(told.split())
    assert not list(tmp_path.glob("own*"))


def test_a_file_scores_every_subset_and_names_no_image(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "IMAGES_PER_COLUMN", 0)
    out = tmp_path / "own [1] = a.npz"
    assert run("grams", "share", DATA, "--store", str(store), "-o", str(out)) == 0
    assert "no image and no id" in capsys.readouterr().err
    with zipfile.ZipFile(out) as packed:
        names = {name.removesuffix(".npy") for name in packed.namelist()}
    assert names == {"facts", *(f"{split}/{name}" for split in ("train", "val", "test") for name in shared.ARRAYS)}
    assert run("grams", "search", str(out), "--json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["subset"] for row in rows} == {"hog", "pixels", "hog+pixels"}
    assert rows[0]["val_r2"] == max(row["val_r2"] for row in rows) > 0.3
