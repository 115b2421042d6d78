"""`fuseboard fuse`: from a folder of images to a saved model, and from the model to images."""

import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

import fuseboard
from fuseboard import cli
from fuseboard.harness.datasets import registry
from fuseboard.harness.fusion import opening
from fuseboard.harness.fusion.bundle.loading import load

BACKBONES = ["--backbones", "hog,pixels"]


def fill(root: Path, count: int = 30, bits: int = 8) -> Path:
    """Two classes of small pictures, of which those of `bright` are brighter."""
    rng = np.random.default_rng(3)
    top = 2**bits
    for place, name in enumerate(("bright", "dark")):
        for number in range(count):
            path = root / name / f"{number:02}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            values = rng.integers(0, top // 2, (16, 16)) + top // 3 * (1 - place)
            Image.fromarray(values.astype(np.uint8 if bits == 8 else np.uint16)).save(path)
    return root


def run(*arguments: object, code: int = 0) -> None:
    assert cli.run(["fuse", *map(str, arguments)]) == code


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with images, a store, and a model of two descriptors."""
    root = tmp_path_factory.mktemp("trained")
    fill(root / "lesions")
    run("train", root / "lesions", "-o", root / "model", *BACKBONES, "--store", root / "store")
    return root


def table(text: str) -> pl.DataFrame:
    return pl.read_csv(io.StringIO(text))


def test_a_folder_becomes_a_model_that_says_what_it_is(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle = load(trained / "model")
    assert bundle.facts.summary.dataset == "lesions"
    assert (bundle.facts.summary.images, bundle.facts.summary.validation, bundle.facts.summary.test) == (40, 8, 12)
    assert {one.split for one in bundle.metrics_} == {"validation", "test"}
    assert bundle.predictions["test"].names == tuple(registry.get(str(trained / "lesions")).paths("test") or ())
    assert bundle.splits is not None
    assert bundle.splits.startswith(b"split,id,path,label,md5\ntrain,0,bright/")
    run("show", trained / "model")
    shown = capsys.readouterr()
    assert "bright, dark" in shown.out
    assert "hog+pixels" in shown.err
    run("show", trained / "model", "--json")
    assert json.loads(capsys.readouterr().out)["task"] == "binary-class"


@pytest.mark.parametrize("command", ["predict", "embed"])
def test_images_that_are_not_there_are_told_before_any_backbone_is_loaded(
    trained: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr(opening, "load", lambda *_: pytest.fail("loaded"))
    run(command, trained / "model", trained / "elsewhere", code=2)
    assert "elsewhere" in capsys.readouterr().err


def test_new_images_get_a_row_each_with_both_classes(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("predict", trained / "model", trained / "lesions")
    rows = table(capsys.readouterr().out)
    assert rows.columns == ["path", "predicted", "bright", "dark", "unlike", "error"]
    assert rows["path"].to_list() == sorted(rows["path"].to_list())
    np.testing.assert_allclose(rows["bright"] + rows["dark"], 1, atol=1e-5)
    right = [Path(path).parent.name == said for path, said in rows.select("path", "predicted").iter_rows()]
    assert np.mean(right) > 0.9
    assert rows["error"].null_count() == len(rows) == 60


def test_one_bad_image_costs_no_other(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good = trained / "lesions" / "dark" / "01.png"
    (tmp_path / "page.png").write_bytes(b"<html>not found</html>")
    (tmp_path / "empty.png").touch()
    (tmp_path / "list.txt").write_text(f"{tmp_path / 'empty.png'}\n\n{good}\n")
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{tmp_path / 'absent.png'}\n"))
    run("predict", trained / "model", good, tmp_path / "page.png", f"@{tmp_path / 'list.txt'}", "-", code=1)
    said = capsys.readouterr()
    rows = table(said.out)
    assert [Path(path).name for path in rows["path"]] == ["01.png", "page.png", "empty.png", "01.png", "absent.png"]
    reasons = ["it is an HTML or XML page", "the file is empty", "absent.png"]
    assert all(reason in found for reason, found in zip(reasons, rows["error"].drop_nulls(), strict=True))
    assert rows["predicted"].to_list() == ["dark", None, None, "dark", None]
    assert "3 of 5 images could not be read; the column error says why" in said.err
    run("predict", trained / "model", tmp_path / "page.png", code=1)
    assert len(table(capsys.readouterr().out)) == 1


def test_the_folder_is_walked_like_a_dataset(trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = (trained / "lesions" / "dark" / "01.png").read_bytes()
    for name in ("a.png", "far/b.PNG", "._1.png", ".hidden/1.png", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    (tmp_path / "link").symlink_to(tmp_path / "far")
    run("predict", trained / "model", tmp_path)
    said = capsys.readouterr()
    assert [path.removeprefix(f"{tmp_path}/") for path in table(said.out)["path"]] == [
        "a.png",
        "far/b.PNG",
        "link/b.PNG",
    ]
    assert "1 file left out, being no image by its ending: notes.txt" in said.err


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_answers_and_vectors_in_every_format(trained: Path, tmp_path: Path, ending: str) -> None:
    (tmp_path / "bad.png").touch()
    images = [trained / "lesions" / "dark" / f"{n:02}.png" for n in range(3)] + [tmp_path / "bad.png"]
    read = {".csv": pl.read_csv, ".jsonl": pl.read_ndjson, ".parquet": pl.read_parquet}[ending]
    run("predict", trained / "model", *images, "-o", tmp_path / f"answers{ending}", code=1)
    answers = read(tmp_path / f"answers{ending}")
    assert answers["predicted"].to_list() == ["dark"] * 3 + [None]
    run("embed", trained / "model", *images, "-o", tmp_path / f"vectors{ending}", code=1)
    vectors = read(tmp_path / f"vectors{ending}")
    expected = load(trained / "model").transform(images[:3])
    if ending == ".csv":
        assert vectors.columns[:2] == ["path", "hog__0"]
        found = vectors.drop("path", "error")[:3].to_numpy()
    else:
        assert vectors["embedding"][3] is None
        found = np.array(vectors["embedding"][:3].to_list())
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert vectors["error"].null_count() == 3


def test_another_process_predicts_the_same_bits(trained: Path, tmp_path: Path) -> None:
    run("predict", trained / "model", trained / "lesions", "-o", tmp_path / "here.parquet")
    call = [
        sys.executable,
        "-P",
        "-m",
        "fuseboard",
        "fuse",
        "predict",
        str(trained / "model"),
        str(trained / "lesions"),
    ]
    subprocess.run([*call, "-o", str(tmp_path / "there.parquet")], check=True, capture_output=True)
    here, there = (pl.read_parquet(tmp_path / f"{name}.parquet") for name in ("here", "there"))
    assert here.equals(there)


def test_the_estimator_saves_what_the_front_door_loads(trained: Path, tmp_path: Path) -> None:
    paths = sorted((trained / "lesions").rglob("*.png"))
    labels = [path.parent.name == "dark" for path in paths]
    fusion = fuseboard.Fusion(["hog", "pixels"], store=tmp_path / "store").fit(paths, labels)
    fusion.save(tmp_path / "model.zip")
    found = fuseboard.load(tmp_path / "model.zip")
    np.testing.assert_array_equal(found.predict_proba(paths), fusion.predict_proba(paths))
    np.testing.assert_array_equal(found.predict(paths), fusion.predict(paths))
    np.testing.assert_array_equal(found.is_unlike(paths), fusion.is_unlike(paths))
    assert found.classes_.tolist() == [False, True]
    assert found.selection_.notes == fusion.selection_.notes


def test_new_images_are_read_as_the_training_images(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fill(tmp_path / "images", bits=12)
    (tmp_path / "my.toml").write_text('name = "deep"\nlicence = "CC0-1.0"\nimages = "images"\nbits = 12\n')
    run("train", tmp_path / "my.toml", "-o", tmp_path / "model", *BACKBONES, "--store", tmp_path / "store")
    capsys.readouterr()
    image = tmp_path / "images" / "dark" / "01.png"
    run("predict", tmp_path / "model", image)
    plain = capsys.readouterr()
    assert "read with" not in plain.err
    run("predict", tmp_path / "model", image, "--bits", 13)
    other = capsys.readouterr()
    assert "it was trained on images read with bits = 12; these are read with bits = 13" in other.err
    assert plain.out != other.out


def test_a_table_with_patients(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fill(tmp_path)
    lines = [f"{name}/{n:02}.png,{name},p{n // 2}" for name in ("bright", "dark") for n in range(30)]
    (tmp_path / "list.csv").write_text("\n".join(["path,label,ward", *lines]))
    to = ["-o", tmp_path / "model", "--backbones", "pixels", "--store", tmp_path / "store"]
    run("train", tmp_path / "list.csv", "--group", "ward", *to)
    assert "15 groups (ward), none of them in two splits" in capsys.readouterr().err
    bundle = load(tmp_path / "model")
    assert bundle.predictions["test"].groups is not None
    assert not set(bundle.predictions["test"].groups) & set(bundle.predictions["validation"].groups or ())
    assert bundle.splits is not None
    assert b"group" not in bundle.splits.splitlines()[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["digits", "images"],
            "is two commands now: `fuseboard fuse train digits -o MODEL`, then `fuseboard fuse predict",
        ),
        (["predikt"], "unknown command 'predikt' in fuseboard fuse; did you mean predict"),
        (["predict", "absent", "MODEL/README.md"], "absent: no such folder or zip"),
        (
            ["predict", "MODEL", "x.png", "y.png"],
            "x.png: no such file or folder; none of the 2 that are named is there",
        ),
        (["predict", "MODEL"], "Missing argument 'images'"),
        (["predict", "MODEL", "EMPTY"], "no image there"),
        (["predict", "MODEL", "@absent.txt"], "this list of images cannot be read (No such file or directory)"),
        (["predict", "MODEL", "x.png", "-o", "out.txt"], "its ending says no format"),
        (["predict", "MODEL", "x.png", "--format", "parquet"], "Parquet is no text; name a file"),
        (["predict", "MODEL", "x.png", "--format", "xml"], "unknown format 'xml'"),
        (["train", "EMPTY", "-o", "new"], "no image there"),
        (["train", "absent", "-o", "new"], "unknown dataset 'absent'"),
        (["train", "digits", "-o", "EMPTY/.."], "and is no model; name a new or an empty folder"),
        (["train", "digits", "-o", "new", "--classifier", "svm"], "unknown classifier 'svm'"),
        (["train", "digits", "-o", "new", "--strategy", "exhaustiv"], "did you mean exhaustive"),
        (["train", "digits", "-o", "new", "--backbones", "absent"], "absent"),
        (["train", "digits", "-o", "new", "--group", "patient"], "digits: no such file or folder"),
    ],
)
def test_wrong_usage_is_one_line_and_makes_nothing(
    trained: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    (tmp_path / "here" / "empty").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("FUSEBOARD_STORE", str(tmp_path / "store"))
    places = {"MODEL": str(trained / "model"), "EMPTY": f"{tmp_path / 'here'}/empty"}
    run(
        *(argument.replace("MODEL", places["MODEL"]).replace("EMPTY", places["EMPTY"]) for argument in arguments),
        code=2,
    )
    said = capsys.readouterr()
    assert message in said.err
    assert said.err.count("\n") == 1
    assert sorted(path.name for path in (tmp_path / "here").iterdir()) == ["empty"]


def test_images_of_one_class(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fill(tmp_path / "images")
    for path in (tmp_path / "images" / "bright").iterdir():
        path.unlink()
    (tmp_path / "images" / "bright").rmdir()
    run("train", tmp_path / "images", "-o", tmp_path / "new", *BACKBONES, "--store", tmp_path / "store", code=2)
    assert "one class only, 'dark'; at least two are needed" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_many_fits_are_asked_for(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fuseboard.harness.fusion.from_dataset.MANY", 2)
    run(
        "train",
        "digits-first20",
        "-o",
        tmp_path / "m",
        "--strategy",
        "exhaustive",
        *BACKBONES,
        "--store",
        tmp_path,
        code=2,
    )
    assert "3 subsets of 2 backbones; say --yes to fit them all, --budget for fewer" in capsys.readouterr().err


def test_numbers_of_a_table_are_a_regression(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(5)
    lines = []
    for number in range(60):
        value = number / 60
        pixels = (rng.integers(0, 60, (16, 16)) + 180 * value).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number:02}.png")
        lines.append(f"{number:02}.png,{value:.4f},p{number // 2}")
    (tmp_path / "ages.csv").write_text("\n".join(["path,age,patient", *lines]))
    to = ["-o", tmp_path / "model", "--backbones", "pixels", "--store", tmp_path / "store"]
    run("train", tmp_path / "ages.csv", "--target", "age", *to)
    bundle = load(tmp_path / "model")
    assert (bundle.model.task, bundle.facts.summary.dataset, bundle.facts.summary.test) == ("regression", "ages", 12)
    assert {one.name: one.value for one in bundle.metrics_ if one.split == "test"}["r2"] > 0.8
    test, held = bundle.predictions["test"], bundle.predictions["validation"]
    assert not set(test.groups or ()) & set(held.groups or ())
    capsys.readouterr()
    run("predict", tmp_path / "model", tmp_path / "30.png")
    rows = table(capsys.readouterr().out)
    assert rows.columns == ["path", "predicted", "unlike", "error"]
    assert rows["predicted"][0] == pytest.approx(0.5, abs=0.2)
    run("show", tmp_path / "model")
    (tmp_path / "ages.csv").write_text("\n".join(["path,age,patient", *lines[:20], "30.png,old,p1", "31.png,,p1"]))
    run("train", tmp_path / "ages.csv", "--target", "age", *to, code=2)
    assert "line 22: age of 30.png is no number" in capsys.readouterr().err
    run("train", tmp_path / "ages.csv", "--target", "weight", *to, code=2)
    assert "unknown column 'weight'" in capsys.readouterr().err
    run("train", tmp_path, "--target", "age", *to, code=2)
    assert "numbers are learned from a table" in capsys.readouterr().err
