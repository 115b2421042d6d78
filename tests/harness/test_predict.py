"""One's own images through the chosen subset."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fuseboard import cli
from fuseboard.harness.datasets import registry as datasets
from fuseboard.harness.predict import find_images, predict
from fuseboard.harness.protocols import protocol
from fuseboard.harness.search.search import Search
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.results import rows as results
from fuseboard.store.store import Store

DATA = "digits-first120"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The first twenty test digits as PNG files, every other one in colour."""
    place = tmp_path / "images"
    place.mkdir()
    for number, image in enumerate(datasets.get(DATA).images("test", 0, 20)):
        Image.fromarray(image).convert("RGB" if number % 2 else "L").save(place / f"{number:03}.png")
    return place


def test_test_images_from_files_get_the_scores_of_the_search(store: Path, folder: Path) -> None:
    search = Search(Store(store), DATA, protocol.get("starter"))
    prediction = predict(search, find_images(folder), 8)
    rows = search.rows([prediction.subset], scores=True).to_dicts()
    (kept,) = (np.array(row["scores"], np.float32) for row in rows if row["split"] == "test")
    np.testing.assert_array_equal(prediction.scores, kept[:20])


def test_the_command_prints_csv(store: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["fuse", DATA, str(folder), "--protocol", "starter", "--store", str(store)]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == 20
    assert list(rows[0]) == ["path", *"0123456789"]
    assert sum(float(rows[0][c]) for c in "0123456789") == pytest.approx(1, abs=1e-5)
    assert results.read(store).height == 6


def test_what_is_no_image_is_named(store: Path, folder: Path) -> None:
    (folder / "004.png").write_bytes(b"<html>not found</html>")
    with pytest.raises(FuseboardError, match=r"004\.png: not a readable image"):
        predict(Search(Store(store), DATA, protocol.get("starter")), find_images(folder), 8)


def test_a_folder_without_images(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no image there"):
        find_images(tmp_path)
