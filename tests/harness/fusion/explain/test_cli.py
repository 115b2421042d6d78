"""`fuseboard fuse explain`: shares, neighbours and pictures of files."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import fuseboard
from fuseboard import cli


def run(*arguments: object, code: int = 0) -> None:
    assert cli.run(["fuse", *map(str, arguments)]) == code


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of images whose right half decides, and a model of two descriptors."""
    root = tmp_path_factory.mktemp("explained")
    rng = np.random.default_rng(3)
    for place, name in enumerate(("bright", "dark")):
        (root / "lesions" / name).mkdir(parents=True)
        for number in range(30):
            pixels = rng.integers(60, 120, (32, 32))
            pixels[:, 16:] += 120 * (1 - place)
            Image.fromarray(pixels.astype(np.uint8)).save(root / "lesions" / name / f"{number:02}.png")
    run("train", root / "lesions", "-o", root / "model", "--backbones", "hog,pixels", "--store", root / "store")
    return root


def test_shares_neighbours_and_pictures_as_json(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images = [trained / "lesions" / name / "07.png" for name in ("bright", "dark")]
    run("explain", trained / "model", *images, "-o", trained / "pictures", "--json")
    bright, dark = json.loads(capsys.readouterr().out)
    assert (bright["answer"], dark["answer"]) == ("bright", "dark")
    same = fuseboard.load(trained / "model").explain(images)[0]
    assert [share.adds for share in same.shares] == pytest.approx([share["adds"] for share in bright["shares"]])
    for found in (bright, dark):
        assert {share["backbone"] for share in found["shares"]} == {"hog", "pixels"}
        assert sum(share["share"] for share in found["shares"]) == pytest.approx(1)
        assert len(found["neighbours"]) == 5
        assert found["error"] is None
    assert {near["label"] for near in bright["neighbours"]} == {"bright"}
    pictures = {one["backbone"]: one for one in bright["pictures"]}
    assert pictures["hog"]["file"] is None
    assert "no network" in pictures["hog"]["reason"]
    drawn = [Path(own["file"]) for found in (bright, dark) for own in found["pictures"] if own["file"]]
    assert sorted(trained.joinpath("pictures").iterdir()) == sorted(drawn)
    assert [path.name for path in drawn] == ["07.pixels.png", "07-2.pixels.png"]
    overlay = np.asarray(Image.open(drawn[0]), np.int64)
    colour = overlay[..., 0] - overlay[..., 2]
    middle = overlay.shape[1] - 112
    assert colour[:, middle:].sum() > 4 * colour[:, :middle].sum()


def test_tables_for_people_and_images_that_cannot_be_read(
    trained: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(trained)
    Path("empty.png").touch()
    run("explain", "model", "empty.png", "lesions/dark/01.png", code=1)
    said = capsys.readouterr()
    assert "the file is empty" in said.out
    assert "dark/" in said.out
    assert "picture" not in said.out
    assert "1 of 2 images could not be read" in said.err


def test_pictures_go_to_no_file(trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    run("explain", trained / "model", trained / "lesions", "-o", tmp_path / "file", code=2)
    assert "is a file; name a folder" in capsys.readouterr().err


def test_trees_share_as_linear_heads_do_and_say_that_pixels_are_no_picture(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, store = trained / "lesions", trained / "store"
    run(
        *("train", data, "-o", trained / "trees", "--backbones", "pixels", "--classifier", "xgboost"),
        *("--store", store),
    )
    capsys.readouterr()
    run("explain", trained / "trees", data / "dark" / "01.png", "-o", trained / "none", "--json")
    (found,) = json.loads(capsys.readouterr().out)
    assert found["shares"][0]["adds"] > 0
    assert "trees split by single pixels" in found["pictures"][0]["reason"]
    assert not (trained / "none").exists()
