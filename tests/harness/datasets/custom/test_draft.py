"""`datasets new`: a commented TOML of a folder or a table, which makes the same dataset as these do by themselves."""

import re
import tomllib
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from fuseboard import cli
from fuseboard.harness.datasets import registry
from fuseboard.harness.datasets.custom.spec import Shares, Spec
from fuseboard.store.errors import UsageError


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def images(folder: Path, names: list[str]) -> None:
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (2, 2), number).save(folder / name, "PNG")


def new(path: str, out: str = "my.toml") -> int:
    return cli.run(["datasets", "new", path, "-o", out])


ODD = 'tu"mor \N{MICRO SIGN}\\x'


@pytest.mark.parametrize("splits", [(), ("train", "val", "test"), ("train", "test")])
def test_a_folder_is_described_as_it_is(tmp_path: Path, splits: tuple[str, ...]) -> None:
    images(
        tmp_path / "Les",
        [f"{s}{c}/{n}.png" for s in [f"{s}/" for s in splits] or [""] for c in (ODD, "b") for n in "123456"],
    )
    assert new("Les", "sub/my.toml") == 0
    (made, plain) = (registry.get("sub/my.toml"), registry.get("./Les"))
    assert (made.name, made.source_md5, made.label_names) == ("les", plain.source_md5, plain.label_names)
    (tmp_path / "sub").rename("moved")
    assert registry.get("moved/my.toml").source_md5 == plain.source_md5


def test_every_key_has_a_comment_and_every_example_is_one(tmp_path: Path) -> None:
    images(tmp_path / "les", [f"{c}/{n}.png" for c in "ab" for n in "123456"])
    (tmp_path / "t.csv").write_text("path,label\n" + "".join(f"les/{c}/{n}.png,{c}\n" for c in "ab" for n in "123456"))
    assert (new("les"), new("t.csv", "t.toml")) == (0, 0)
    for name, absent in (("my.toml", {"table", "path", "label", "labels", "split", "group"}), ("t.toml", set())):
        text = Path(name).read_text()
        assert {*re.findall(r"^(?:# )?(\w+) = ", text, re.MULTILINE)} == {*Spec.model_fields, *Shares.model_fields} - {
            "splits",
            *absent,
        }
        lines = text.splitlines()
        assert all(lines[n - 1].startswith("# ") for n, line in enumerate(lines) if re.match(r"(# )?\w+ = ", line))
        examples = re.sub(r"^# (\w+ = )", r"\1", text, flags=re.MULTILINE)
        assert set(tomllib.loads(examples)) <= set(Spec.model_fields)


def test_the_columns_of_a_table_are_found(tmp_path: Path) -> None:
    images(tmp_path / "data" / "png", [f"{n}.png" for n in range(12)])
    rows = [(f"p{n // 2}", f"{n}.png", "ab"[n % 2], n) for n in range(12)]
    text = "Patient_ID;img;dx;age\n" + "".join(f"{';'.join(map(str, row))}\n" for row in rows)
    (tmp_path / "data" / "t.csv").write_text(text)
    assert new("data/t.csv") == 0
    found = tomllib.loads(Path("my.toml").read_text())
    assert {key: found[key] for key in ("path", "label", "group", "images")} == {
        "path": "img", "label": "dx", "group": "Patient_ID", "images": "data/png"
    }  # fmt: skip
    assert registry.get("my.toml").label_names == ("a", "b")


def test_findings_and_splits_of_parquet(tmp_path: Path) -> None:
    images(tmp_path, [f"{n}.png" for n in range(12)])
    frame = pl.DataFrame({"file": [f"{n}.png" for n in range(12)], "part": ["train", "val", "test"] * 4})
    flags = {"left": [n // 3 % 2 for n in range(12)], "right": [n // 6 for n in range(12)], "age": list(range(12))}
    frame.with_columns(**{name: pl.Series(values) for name, values in flags.items()}).write_parquet("t.parquet")
    assert new("t.parquet") == 0
    assert registry.get("my.toml").label_names == ("left", "right")
    assert "All splits are given: train 4, val 4, test 4" in Path("my.toml").read_text()


def test_what_is_not_found_is_left_to_a_person(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images(tmp_path, [f"{n}.png" for n in range(12)])
    Path("t.csv").write_text("file,one,other\n" + "".join(f"{n}.png,{n % 2},{'ab'[n % 2]}\n" for n in range(12)))
    assert new("t.csv") == 1
    assert "label: file, one, other" in capsys.readouterr().err
    with pytest.raises(UsageError, match=r"my\.toml: line \d+: still to be filled in.*: label \(line \d+\)"):
        registry.get("my.toml")
    Path("my.toml").write_text(Path("my.toml").read_text().replace("FILL IN", "other"))
    assert registry.get("my.toml").label_names == ("a", "b")


def test_what_is_no_dataset_yet_is_described_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images(tmp_path, [f"{n}.png" for n in range(12)])
    Path("t.csv").write_text("path,label\n" + "".join(f"{n}.png,{('a', 'b', 'NA')[n % 3]}\n" for n in range(12)))
    assert new("t.csv") == 1
    assert "no dataset yet: " in capsys.readouterr().err
    Path("my.toml").write_text(Path("my.toml").read_text().replace("# missing", "missing"))
    assert registry.get("my.toml").label_names == ("a", "b")


@pytest.mark.parametrize(
    ("path", "out", "message"),
    [
        ("none", "x.toml", "none: no such file or folder"),
        ("t.txt", "x.toml", "t.txt: neither a folder nor a table"),
        ("les", "x.txt", "x.txt: name a file that ends in .toml"),
        ("les", "kept.toml", "kept.toml: this is there already, and is not overwritten"),
    ],
)
def test_what_cannot_be_described(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], path: str, out: str, message: str
) -> None:
    images(tmp_path / "les", [f"{c}/{n}.png" for c in "ab" for n in "123456"])
    Path("t.txt").touch()
    Path("kept.toml").write_text("mine")
    assert new(path, out) == 2
    assert f"error: {message}" in capsys.readouterr().err
    assert Path("kept.toml").read_text() == "mine"
    assert not Path("x.toml").exists()


def test_the_name_of_another_dataset_is_not_taken(tmp_path: Path) -> None:
    images(tmp_path / "digits", [f"{c}/{n}.png" for c in "ab" for n in "123456"])
    assert cli.run(["datasets", "new", "digits"]) == 0
    assert registry.get("digits.toml").name == "my-digits"
