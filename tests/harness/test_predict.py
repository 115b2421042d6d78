"""One's own images through the chosen subset."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fuseboard import cli
from fuseboard.harness.datasets import registry as datasets
from fuseboard.harness.predict import find_images, predict
from fuseboard.harness.protocols import protocol
from fuseboard.harness.search.search import Search
from fuseboard.store.embeddings.reading import PLAIN
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.remotes.pull import merge
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
    prediction = predict(search, find_images(folder)[0], 8)
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
        predict(Search(Store(store), DATA, protocol.get("starter")), find_images(folder)[0], 8)


def test_a_folder_without_images(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no image there"):
        find_images(tmp_path)


def toml(root: Path, keys: str = "") -> Path:
    """A dataset of 12-bit images whose brightness is their class, and images like those of its test split."""
    rng = np.random.default_rng(3)
    for folder, count in (("images", 24), ("new", 4)):
        for number in range(count):
            place = root / folder / ("" if folder == "new" else "ab"[number % 2])
            place.mkdir(parents=True, exist_ok=True)
            values = rng.integers(0, 900, (16, 16)) + 1100 * (number % 2)
            Image.fromarray(values.astype(np.uint16)).save(place / f"{number:02}.png")
    Image.fromarray(np.full((16, 16), 4095, np.uint16)).save(root / "images" / "a" / "00.png")
    path = root / "my.toml"
    path.write_text(f'name = "deep"\nlicence = "CC0"\nimages = "images"\n{keys}')
    return path


def fused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[list[dict[str, str]], str]:
    capsys.readouterr()
    assert cli.run(["fuse", *arguments, "--protocol", "starter"]) == 0
    said = capsys.readouterr()
    return list(csv.DictReader(io.StringIO(said.out))), said.err


def test_own_images_are_read_as_those_of_the_dataset(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place, own = tmp_path / "store", toml(tmp_path, "bits = 12\n")
    assert cli.run(["extract", "pixels", "-d", str(own), "--store", str(place)]) == 0
    (version,) = Store(place).versions
    assert version.manifest.datasets["deep"].reading.bits == 12
    assert json.loads((version.folder / "manifest.json").read_text())["datasets"]["deep"]["reading"] == {"bits": 12}
    rows, said = fused(["deep", str(tmp_path / "new"), "--store", str(place)], capsys)
    assert "read with" not in said
    same, _ = fused(["deep", str(tmp_path / "new"), "--bits", "12", "--store", str(place)], capsys)
    others, said = fused(["deep", str(tmp_path / "new"), "--bits", "11", "--store", str(place)], capsys)
    assert rows == same != others
    assert "deep was read with bits = 12; these images are read with bits = 11" in said


def test_a_plain_reading_is_not_written(store: Path) -> None:
    for version in Store(store).versions:
        assert "reading" not in (version.folder / "manifest.json").read_text()


def test_the_hint_on_bits_looks_at_all_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["datasets", "check", str(toml(tmp_path))]) == 1
    assert "the largest value of all 24 images of 16-bit grey is 4,095, as with bits = 12" in capsys.readouterr().err
    toml(tmp_path, "bits = 12\n")
    assert cli.run(["datasets", "check", str(tmp_path / "my.toml")]) == 0


def test_what_was_extracted_since_is_not_searched(
    store: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    to = ["--store", str(store)]
    assert cli.run(["search", DATA, "--protocol", "starter", "--backbones", "pixels", *to]) == 0
    rows, said = fused([DATA, str(folder), *to], capsys)
    assert "chosen on validation among pixels: pixels" in said
    assert results.read(store)["subset"].to_list() == [["pixels"], ["pixels"]]
    pinned, said = fused([DATA, str(folder), "--subset", "hog", *to], capsys)
    assert "as asked: hog" in said
    assert pinned != rows
    _, said = fused([DATA, str(folder), "--backbones", "hog,pixels", *to], capsys)
    assert "among hog, pixels" in said


def test_many_fits_are_asked_for_and_can_be_said_yes_to(
    store: Path, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fuseboard.harness.search.cost_estimate.MANY", 2)
    to = [DATA, str(folder), "--store", str(store)]
    assert cli.run(["fuse", *to, "--protocol", "starter"]) == 2
    assert "say --yes" in capsys.readouterr().err
    fused([*to, "--strategy", "singles"], capsys)
    rows, _ = fused([*to, "--yes"], capsys)
    assert len(rows) == 20


def test_the_folder_is_walked_like_a_dataset(store: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "far").mkdir()
    (folder / "000.png").rename(folder / "far" / "000.png")
    (folder / "link").symlink_to(folder / "far")
    (folder / "._1.png").write_bytes(b"\0\5\x16\7")
    (folder / ".ipynb_checkpoints").mkdir()
    (folder / ".ipynb_checkpoints" / "1.png").write_bytes((folder / "001.png").read_bytes())
    (folder / "notes.txt").write_text("x")
    rows, said = fused([DATA, str(folder), "--store", str(store)], capsys)
    assert len(rows) == 21
    assert [row["path"].removeprefix(f"{folder}/") for row in rows][-2:] == ["far/000.png", "link/000.png"]
    assert "1 files left out, being no images by their endings: notes.txt" in said


def test_a_store_is_verified_against_the_toml(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    to = ["--store", str(tmp_path / "store")]
    own = toml(tmp_path, "bits = 12\n")
    assert cli.run(["extract", "pixels", "-d", str(own), *to]) == 0
    assert cli.run(["extract", "pixels", "-d", "digits-first20", *to]) == 0
    capsys.readouterr()
    assert cli.run(["store", "verify", "--dataset", str(own), *to]) == 0
    assert "not compared" not in capsys.readouterr().err
    toml(tmp_path, 'bits = 12\nclasses = ["b", "a"]\n')
    assert cli.run(["store", "verify", "--dataset", str(own), "--json", *to]) == 1
    problems = [finding["problem"] for finding in json.loads(capsys.readouterr().out)["findings"]]
    assert any(problem.startswith("label names a, b, the dataset has b, a") for problem in problems)
    assert cli.run(["store", "verify", "-d", "digits", *to]) == 2
    assert "no version holds digits in" in capsys.readouterr().err


def test_a_version_from_before_readings_were_kept_gets_its_own(tmp_path: Path) -> None:
    to = ["--store", str(tmp_path / "store")]
    own = toml(tmp_path, "bits = 12\n")
    assert cli.run(["extract", "pixels", "-d", str(own), *to]) == 0
    (version,) = Store(tmp_path / "store").versions
    kept = (version.folder / "manifest.json").read_text()
    data = json.loads(kept)
    del data["datasets"]["deep"]["reading"]
    (version.folder / "manifest.json").write_text(json.dumps(data))
    (older,) = Store(tmp_path / "store").versions
    assert older.manifest.datasets["deep"].reading == PLAIN
    for merged in (
        merge(older.manifest, version.manifest, "here"),
        merge(version.manifest, older.manifest, "here"),
    ):
        assert merged.datasets["deep"].reading.bits == 12
    assert cli.run(["extract", "pixels", "-d", str(own), *to]) == 0
    assert (version.folder / "manifest.json").read_text() == kept
