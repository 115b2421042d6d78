"""Tables as Excel, pandas and Windows write them: taken as meant, or refused in a line that says what it is."""

import os
import re
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from fuseboard import cli
from fuseboard.harness.datasets import registry
from fuseboard.harness.datasets.dataset import Dataset
from fuseboard.store.errors import UsageError

HEAD = 'name = "mine"\nlicence = "CC0"\n'
ROWS = "".join(f"{n}.png,{n % 2}\n" for n in range(12))
MANY = "0.png,1,2,3\n" * 7
FLOATS = "".join(f"{n}.png,{n % 2}.0\n" for n in range(12))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for number in range(12):
        Image.new("L", (2, 2), number).save(tmp_path / f"{number}.png")
    return tmp_path


def own(root: Path, content: bytes, keys: str = "", name: str = "list.csv") -> Dataset:
    (root / name).write_bytes(content)
    (root / "my.toml").write_text(f'{HEAD}table = "{name}"\n{keys}\n', encoding="utf-8")
    return registry.get(str(root / "my.toml"))


@pytest.mark.parametrize(
    "text",
    [
        f"path, label\n{ROWS}",
        f"path,label\n{ROWS}\n\n",
        f"path,label\n{ROWS},\n",
        f"path,label,\n{ROWS}",
        f"path,label\n{ROWS.replace(',', ', ')}",
        f"path,label\n{FLOATS}",
    ],
)
def test_what_is_meant_is_taken(root: Path, text: str) -> None:
    plain = own(root, f"path,label\n{ROWS}".encode())
    found = own(root, text.encode())
    assert (found.label_names, found.source_md5) == (("0", "1"), plain.source_md5)


@pytest.mark.parametrize("separator", [";", "\t", "|", ","])
@pytest.mark.parametrize("name", ["list.csv", "list.tsv"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_any_separator_and_end_of_line_is_read(root: Path, separator: str, name: str, end: str, mark: str) -> None:
    text = f"path,label\n{ROWS}".replace(",", separator).replace("\n", end)
    assert own(root, f"{mark}{text}".encode(), name=name).label_names == ("0", "1")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (f"sep=,\npath,label\n{ROWS}".encode(), "its first line is Excel's 'sep=,'; remove that line"),
        (f"\ufeffsep=;\npath;label\n{ROWS}".encode(), "its first line is Excel's 'sep=;'"),
        (f"path,label\n{ROWS}".encode("utf-16"), "it is UTF-16"),
        (f"path,label\n{ROWS}".encode("utf-16-le"), "it is UTF-16"),
        (f"path,label\n{ROWS}7.png,\xe4\n".encode("latin-1"), r"line 14: the byte 0xe4 is not UTF-8"),
        (f"path,label\n{ROWS}".replace("\n", "\r").encode(), "its lines end as those of old Macs"),
        (f"path,label\n{ROWS}0.png,1,2\n1.png,1\n".encode(), "first line names 2 columns, and line 14 has 3; put a"),
        (f"path,label\n{MANY}".encode(), "line 5 has 4, line 6 has 4 and 2 more lines"),
        (f"Export\n{MANY}".encode(), "its first line, 'Export', names no columns; remove what stands above"),
        (f'path,label\n{ROWS}"0.png,1\n1.png,1\n'.encode(), "line 14: a double quote is opened that is never closed"),
        (ROWS.encode(), r"its first line is a row, of the image 0\.png; write the names of the columns above it"),
        (f"path,label\n{ROWS.replace('.png', '')}".encode(), r"no file .*/0, but 0\.png; write the ending, too"),
        (b"path,label\na\\0.png,1\n", "line 2: a.0.png is a path of Windows; write it with /"),
        (b"PK\x03\x04\0\0\0", "it is an archive, as Excel's .xlsx is one"),
        (f"file,label\n{ROWS}".encode(), "unknown column 'path'.* columns are file, label\\. .* path = "),
        (f"a,b\n{ROWS}".encode(), "unknown column 'path'.*unknown column 'label'.* path = .* label = "),
        (f"path,label,label \n{ROWS}".encode(), "two columns are called 'label'"),
        (f"path,label\n\n{ROWS}12.png,1\n".encode(), "line 15: no file"),
    ],
)
def test_what_is_no_such_table_is_named(root: Path, content: bytes, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        own(root, content)


def test_the_mend_of_another_header_can_be_typed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root.parent)
    with pytest.raises(UsageError, match=rf"`fuseboard datasets new {root.name}/list\.csv` writes one"):
        own(root, f"file,label\n{ROWS}".encode())


def test_floats_of_pandas_are_whole_numbers(root: Path) -> None:
    frame = {"path": [f"{n}.png" for n in range(12)], "label": [(1.0, -1.0, None)[n % 3] for n in range(12)]}
    frame["who"] = [float(n) for n in range(12)]
    pl.DataFrame(frame).write_parquet(root / "list.parquet")
    keys = 'group = "who"\nmissing = "drop"\n'
    dataset = own(root, (root / "list.parquet").read_bytes(), keys, "list.parquet")
    assert dataset.label_names == ("-1", "1")
    assert sum(len(dataset.labels(split)) for split in dataset.splits) == 8
    text = "".join(f"{n}.png,{('1.0', '-1.0', '')[n % 3]}\n" for n in range(12))
    assert own(root, f"path,label\n{text}".encode(), 'missing = "drop"').label_names == ("-1", "1")


def test_findings_as_floats(root: Path) -> None:
    text = "".join(f"{n}.png,{n % 2}.0,{n // 2 % 2}\n" for n in range(12))
    dataset = own(root, f"path,x,y\n{text}".encode(), 'labels = ["x", "y"]')
    assert sum(dataset.labels(split)[:, 0].sum() for split in dataset.splits) == 6
    with pytest.raises(UsageError, match=r"x of 1\.png is neither 0 nor 1"):
        own(root, f"path,x,y\n{text.replace('1.png,1.0', '1.png,-1.0', 1)}".encode(), 'labels = ["x", "y"]')


def test_a_toml_with_a_byte_order_mark_and_a_home(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own(root, f"path,label\n{ROWS}".encode())
    monkeypatch.setenv("HOME", str(root))
    toml = root / "elsewhere.toml"
    toml.write_text(f'{HEAD}table = "~/list.csv"\nimages = "~"\n', encoding="utf-8-sig")
    assert registry.get(str(toml)).label_names == ("0", "1")


def test_absolute_paths_within_the_folder(root: Path) -> None:
    plain = own(root, f"path,label\n{ROWS}".encode())
    absolute = "".join(f"{root}/{line}\n" for line in ROWS.splitlines())
    assert own(root, f"path,label\n{absolute}".encode()).source_md5 == plain.source_md5
    with pytest.raises(UsageError, match=r"line 2: /etc/x\.png is an absolute path that does not begin with"):
        own(root, b"path,label\n/etc/x.png,0\n")


def test_names_that_are_not_utf_8(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / "images" / name).mkdir(parents=True)
        for number in range(4):
            Image.new("L", (2, 2), number).save(tmp_path / "images" / name / f"{number}.png")
    (tmp_path / "my.toml").write_text(f'{HEAD}images = "images"\n')
    folder = os.fsencode(tmp_path / "images" / "a")
    Path(os.fsdecode(folder + b"/notes-\xe4.txt")).write_text("x")
    assert any(r"notes-\xe4.txt" in remark for remark in registry.get(str(tmp_path / "my.toml")).remarks)
    (tmp_path / "images" / "a" / "0.png").rename(os.fsdecode(folder + b"/\xe4.png"))
    with pytest.raises(UsageError, match=r"images/a/\\xe4\.png: a name that is not UTF-8"):
        registry.get(str(tmp_path / "my.toml"))


def test_a_mistyped_root_is_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDMNIST_ROOT", str(tmp_path / "typo"))
    with pytest.raises(UsageError, match="typo: no such folder"):
        registry.get("breastmnist-64").labels("val")
    assert not (tmp_path / "typo").exists()


DECOMPOSED, COMPOSED = "cle\u0301", "cl\xe9"


@pytest.mark.parametrize(("header", "said"), [(DECOMPOSED, COMPOSED), (COMPOSED, DECOMPOSED), (COMPOSED, COMPOSED)])
@pytest.mark.parametrize("keys", ['label = "{}"', 'labels = ["{}", "y"]', 'label = "y"\ngroup = "{}"'])
def test_accents_of_columns_are_one_whatever_wrote_them(root: Path, header: str, said: str, keys: str) -> None:
    text = "".join(f"{n}.png,{n % 2},{n // 2 % 2}\n" for n in range(12))
    if "group" in keys:
        text = "".join(f"{n}.png,g{n},{n // 2 % 2}\n" for n in range(12))
    dataset = own(root, f"path,{header},y\n{text}".encode(), keys.format(said))
    assert sum(len(dataset.labels(split)) for split in dataset.splits) == 12
    with pytest.raises(UsageError, match="two columns are called"):
        own(root, f"path,{DECOMPOSED},{COMPOSED}\n{text}".encode(), 'label = "y"')


def test_a_file_whose_accents_are_written_otherwise_is_said(root: Path) -> None:
    Image.new("L", (2, 2)).save(root / f"{DECOMPOSED}.png")
    with pytest.raises(UsageError, match="its accents written in another way"):
        own(root, f"path,label\n{ROWS}{COMPOSED}.png,1\n".encode())


def test_tables_and_stores_that_are_not_utf_8(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = Path(os.fsdecode(os.fsencode(tmp_path) + b"/st\xf6re"))
    place.mkdir()
    (place / "list.csv").write_text(f"path,label\n{ROWS}")
    (tmp_path / "my.toml").write_text(f'{HEAD}table = "list.csv"\n')
    (place / "my.toml").write_text(f'{HEAD}table = "list.csv"\n')
    for arguments in (
        ["datasets", "check", str(place / "my.toml")],
        ["extract", "pixels", "-d", "digits-first20", "--store", str(place)],
        ["store", "list", "--store", str(place)],
        ["store", "sql", "SELECT 1", "--store", str(place)],
        ["search", "digits", "--store", str(place)],
        ["leaderboard", "build", "--store", str(place)],
    ):
        assert cli.run(arguments) == 2
        assert re.search(r"st\\xf6re.*: a name that is not UTF-8; rename it", capsys.readouterr().err)
    assert sorted(path.name for path in place.iterdir()) == ["list.csv", "my.toml"]
