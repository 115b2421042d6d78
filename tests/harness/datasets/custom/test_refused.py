"""What is refused of one's own images, each in one line that says what, where and how to mend it."""

import re
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from fuseboard import cli
from fuseboard.harness.datasets import registry
from fuseboard.harness.datasets.dataset import Dataset
from fuseboard.store.errors import FuseboardError, UsageError

HEAD = 'name = "mine"\nlicence = "CC0"\n'
SIX = "".join(f"{n}.png,{'ab'[n % 2]}\n" for n in range(6))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Six images, and twelve in folders of two classes."""
    for name in [f"{n}.png" for n in range(6)] + [f"images/{c}/{n}.png" for c in "ab" for n in range(6)]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (2, 2)).save(path)
    return tmp_path


def own(root: Path, toml: str) -> Dataset:
    (root / "my.toml").write_text(toml)
    return registry.get(str(root / "my.toml"))


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("name = ", "my.toml: line 1: not a TOML file"),
        ('name = "mine"\nimages = "images"', "licence is missing"),
        (HEAD, "say `images`, a folder with one folder per class, or `table`"),
        (HEAD + 'image = "images"', "unknown key 'image'; did you mean images"),
        (
            HEAD + 'images = "images"\n[splits]\nvalid = 0.1',
            r"line 5: splits.valid: unknown key 'valid'; did you mean val",
        ),
        (HEAD + 'images = "images"\n[splits]\nval = 0.5\ntest = 0.5', "leave no image for train"),
        (HEAD + 'images = "images"\n[splits]\ntest = -1', "splits.test: -1 is too small; it is 0 or more"),
        (
            HEAD + 'images = "images"\ndomain = "utrasound"',
            "my.toml: line 4: domain: 'utrasound' is no domain; it is one of histology, .*ultrasound, .*, demo$",
        ),
        (HEAD + 'images = "images"\nsource = "My Clinic"', "line 4: source: 'My Clinic' cannot be this: .* every size"),
        (HEAD + 'images = "hub:org/scans"\ntable = "x.csv"', "`table` is of a table or a folder, .* on the Hub"),
        (HEAD + 'images = "images"\nbits = 99', "bits: 99 is too large; it is 16 or less"),
        (HEAD + 'images = "images"\ngroup = "patient"', "`group` names a column, but there is no `table`"),
        (HEAD + 'table = "x.csv"\nlabels = ["a"]\nlabel = "b"', "`labels` makes a task of several labels"),
        (HEAD + 'table = "x.csv"\nlabels = ["a"]\ntask = "multi-class"', "contradict each other"),
        (HEAD + 'table = "x.csv"\nlabels = ["a", "a"]', "`labels` names one twice"),
        (HEAD + 'images = "images"\ntask = "multi-class"', "2 classes make it binary-class; leave `task` out"),
        (HEAD + 'images = "images"\nclasses = ["a", "c"]', "unknown class 'b' in .*images; known: a, c"),
        (HEAD + 'images = "nowhere"', "nowhere: no such folder; `images` names it"),
        ('name = "My Set"\nlicence = "x"\nimages = "images"', "name: 'My Set' cannot be this: .* such as `my-lesions`"),
        ('name = "readme.md"\nlicence = "x"\nimages = "images"', "no dataset can be called readme.md"),
        (
            'name = "digits"\nlicence = "x"\nimages = "images"',
            "digits means another dataset; choose a name of your own",
        ),
        ('name = "breastmnist-c"\nlicence = "x"\nimages = "images"', "breastmnist-c means another dataset"),
        ('name = "a-first9"\nlicence = "x"\nimages = "images"', "a-first9 means another dataset"),
    ],
)
def test_of_the_toml(root: Path, toml: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as error:
        own(root, toml)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "keys", "message"),
    [
        ("", "", "list.csv: not readable"),
        ("path,label\n", "", "list.csv: holds no row"),
        ("paht,label\n0.png,a\n", "", "list.csv: unknown column 'path' .did you mean paht"),
        ("path,label\n" + SIX, 'group = "patient"', "unknown column 'patient'"),
        ("path,label\n" + SIX + "0.png,a\n", "", "line 8: 0.png is listed before; list every image once"),
        ("path,label\n" + SIX + "9.png,a\n", "", r"line 8: no file .*/9\.png; mend the path"),
        (
            "path,label\n" + SIX + "/etc/x.png,a\n",
            "",
            "line 8: /etc/x.png is an absolute path that does not begin with",
        ),
        ("path,label\n" + SIX + "../x.png,a\n", "", r"line 8: \.\./x.png leads out of .*say as `images` the folder"),
        ("path,label\n" + SIX + "./0.png,a\n", "", "line 8: ./0.png is not plain"),
        (
            "path,label\n0.png,\n1.png,\n" + SIX[20:],
            "",
            r"line 2: no label; fill it in.* \(2 rows have this fault: lines 2, 3\)",
        ),
        ("path,label\n,a\n", "", "line 2: no path"),
        (
            "path,label,split\n0.png,a,train\n1.png,b,valid\n",
            "",
            "line 3: 1.png is in the split valid; did you mean val",
        ),
        ("path,label,split\n0.png,a,train\n1.png,b,\n", "", "line 3: no split"),
        ("path,label,group\n" + SIX.replace("\n", ",\n"), "", "line 2: no group"),
        ("path,label\n" + SIX.replace("b", "a"), "", "list.csv: one class only, 'a'; at least two are needed"),
        ("path,label\n" + SIX.replace(",a", ",0.5"), "", "label 0.5; classes are whole numbers or names, not decimals"),
        (
            "path,label\n0.png,a\n1.png,b\n2.png,b\n3.png,b\n",
            "",
            "too few images for train, val, test: a has 1; add some",
        ),
        (
            "path,label,group\n" + SIX.replace("\n", ",p\n"),
            "",
            r"too few groups \(group\) for train, val, test: a has 1, b has 1;",
        ),
        (
            "path,label,split,group\n0.png,a,train,p1\n1.png,b,test,p1\n2.png,a,val,p2\n",
            "",
            r"list.csv: group p1 is in test and train \(1 such\); mend the splits, or leave them out",
        ),
        ("path,x,y\n0.png,0,1\n1.png,1,2\n", 'labels = ["x", "y"]', "line 3: y of 1.png is neither 0 nor 1"),
        (
            "path,x,y\n0.png,0,1\n1.png,1,1\n",
            'labels = ["x", "y"]',
            "y is 1 for every image, so nothing tells it apart",
        ),
        ("path,label,split\n0.png,a,test\n1.png,b,test\n", "[splits]\nval = 0.2", "nothing to cut val from"),
    ],
)
def test_of_a_table(root: Path, text: str, keys: str, message: str) -> None:
    (root / "list.csv").write_text(text)
    with pytest.raises(UsageError, match=message) as error:
        own(root, f'{HEAD}table = "list.csv"\n{keys}\n')
    assert "\n" not in str(error.value)


def test_rows_of_parquet_are_counted_from_one(root: Path) -> None:
    pl.DataFrame({"path": ["0.png", None], "label": [1, 2]}).write_parquet(root / "list.parquet")
    with pytest.raises(UsageError, match=r"list.parquet: row 2: no path"):
        own(root, HEAD + 'table = "list.parquet"')
    pl.DataFrame({"path": ["0.png", "1.png"], "label": [1.5, 2.0]}).write_parquet(root / "list.parquet")
    with pytest.raises(UsageError, match=r"column label holds 1\.5; whole numbers or text are needed"):
        own(root, HEAD + 'table = "list.parquet"')


def test_tables_that_are_none(root: Path) -> None:
    for name, message in (("list.xlsx", r"a file that ends in \.csv, \.tsv, \.parquet"), ("no.csv", "no such file")):
        with pytest.raises(UsageError, match=message):
            own(root, f'{HEAD}table = "{name}"')
    (root / "list.csv").write_bytes("path,label\n0.png,gutartig\n1.png,bösartig\n".encode("latin-1"))
    with pytest.raises(UsageError, match=r"list\.csv: line 3: the byte 0xf6 is not UTF-8 .*; save the file as UTF-8"):
        own(root, HEAD + 'table = "list.csv"')


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a/1.png"], "one class only, 'a'"),
        (["1.png", "a/1.png"], r"images/1\.png: in no folder of a class; make one folder per class"),
        (["train/1.png"], r"train/1\.png: in no folder of a class"),
        (["train/a/1.png", "valid/a/1.png"], "did you mean val by 'valid'"),
        (["1.png", "2.png", "3.png", "4.png"], r"/1\.png, .*/2\.png, .*/3\.png … \(4 such\): in no folder"),
        (["a/1.png", "b/1.dcm", "c/1.dcm"], r"images/b, .*images/c: no image"),
        (["a/1.png", "b/1.dcm"], r"images/b: no image there; looked for \.bmp, .*\.webp"),
        ([], "images: no image there"),
        (["a/1.png", "a/2.png", "b/1.png", "b/2.png", "b/3.png"], "too few images for train, val, test: a has 2;"),
    ],
)
def test_of_a_folder(tmp_path: Path, names: list[str], message: str) -> None:
    (tmp_path / "images").mkdir()
    for name in names:
        (tmp_path / "images" / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (2, 2)).save(tmp_path / "images" / name, "PNG")
    with pytest.raises(UsageError, match=message):
        own(tmp_path, HEAD + 'images = "images"')


def test_a_table_of_names_for_labels_does_not_eat_the_memory(root: Path) -> None:
    (root / "list.csv").write_text("path,label\n" + "".join(f"{n}.png,patient {n}\n" for n in range(6)))
    with pytest.raises(UsageError, match=r"too few images for train, val, test: patient 0 has 1, .*6 such"):
        own(root, HEAD + 'table = "list.csv"')


def test_the_command_line_ends_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = cli.run(["extract", "pixels", "-d", str(tmp_path / "my.toml"), "--store", str(tmp_path / "store")])
    assert code == 2
    assert re.fullmatch(r"error: .*my\.toml: no such file; it would describe .*\n", capsys.readouterr().err)


def test_files_that_cannot_be_read_are_all_named(root: Path) -> None:
    for number in range(5):
        (root / "images" / "a" / f"{number}.png").write_bytes(b"no image")
    dataset = own(root, HEAD + 'images = "images"')
    with pytest.raises(FuseboardError) as error:
        dataset.check()
    assert all(f"{number}.png" in str(error.value) for number in range(5))
    assert "5 of these images" in str(error.value)


def test_broken_images_have_a_line_each_up_to_ten(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(12):
        (root / "images" / "a" / f"{number}.png").write_bytes(b"no image")
    assert cli.run(["datasets", "check", f"{root}/images/"]) == 1
    head, *lines = capsys.readouterr().err.splitlines()[-12:]
    assert head == "error: 12 of these images cannot be used:"
    assert [line.partition(": ")[0].strip().startswith(str(root)) for line in lines[:10]] == [True] * 10
    assert lines[10] == "  and 2 more"


def test_labels_and_findings_that_cannot_be_meant_are_all_named(root: Path) -> None:
    (root / "list.csv").write_text("path,label,x,y\n" + "".join(f"{n}.png,{'abc'[n % 3]},0,1\n" for n in range(6)))
    with pytest.raises(UsageError, match=r"unknown class 'b' .*2 labels are none of `classes`: b, c"):
        own(root, HEAD + 'table = "list.csv"\nclasses = ["a", "d"]')
    with pytest.raises(UsageError, match="x is 0 and y is 1 for every image"):
        own(root, HEAD + 'table = "list.csv"\nlabels = ["x", "y"]')
