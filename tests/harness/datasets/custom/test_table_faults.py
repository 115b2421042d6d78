"""All faults of a table at once, names of splits, and classes that differ only in capitals."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fuseboard.harness.datasets import registry
from fuseboard.harness.datasets.dataset import Dataset
from fuseboard.store.errors import UsageError


def own(root: Path, rows: list[str], head: str = "path,label,split") -> Dataset:
    for number in range(6):
        Image.new("L", (2, 2), number).save(root / f"{number}.png")
    (root / "list.csv").write_text("\n".join([head, *rows, ""]))
    (root / "my.toml").write_text('name = "mine"\nlicence = "CC0"\ntable = "list.csv"\n')
    return registry.get(str(root / "my.toml"))


def test_every_fault_is_said_with_its_line(tmp_path: Path) -> None:
    rows = ["0.png,a,train", "1.png,,train", "9.png,b,train", "2.png,b,validation", "0.png,a,train", "8.png,b,test"]
    with pytest.raises(UsageError) as error:
        own(tmp_path, [*rows, "3.png,a,dev"])
    said = str(error.value)
    for part in (
        "list.csv: line 3: no label",
        "line 4: no file",
        "lines 4, 7",
        "line 5: 2.png is in the split validation; did you mean val?",
        "line 6: 0.png is listed before",
        "line 8: 3.png is in the split dev; did you mean val?",
    ):
        assert part in said
    assert "\n" not in said


GOOD, BAD = ("{}.png,a,train", "{}.png,b,val"), ("9{}.png,a,train", "{}.png,,train", "{}.png,a,Valid", "./{}.png,a,val")


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3)), min_size=1, max_size=5))
def test_no_line_is_said_without_a_fault_and_none_left_out(
    tmp_path_factory: pytest.TempPathFactory, made: list[tuple[bool, int]]
) -> None:
    rows = [(GOOD[kind % 2] if good else BAD[kind]).format(place) for place, (good, kind) in enumerate(made)]
    faulty = {str(place + 2) for place, (good, _) in enumerate(made) if not good}
    try:
        own(tmp_path_factory.mktemp("table"), rows)
        said = ""
    except UsageError as error:
        said = str(error).split("list.csv: ")[1]
    found: set[str] = set()
    for part in said.split(" | ") if "line" in said else []:
        many = part.rpartition("this fault: lines ")[2] if "this fault" in part else part.split(":")[0].split()[1]
        found |= set(many.rstrip(")").split(", "))
    assert found == faulty


@pytest.mark.parametrize(
    ("folders", "message"),
    [
        (("train", "vla"), "'vla' is no split; did you mean val by 'vla'"),
        (("train", "validation"), "did you mean val by 'validation'"),
        (("training", "validation", "testing"), "did you mean test by 'testing', train by 'training', val by"),
        (("Train", "Val", "Test"), "did you mean test by 'Test', train by 'Train', val by 'Val'"),
    ],
)
def test_folders_of_splits_by_other_names(tmp_path: Path, folders: tuple[str, ...], message: str) -> None:
    for folder in folders:
        for name in "ab":
            (tmp_path / "images" / folder / name).mkdir(parents=True)
            Image.new("L", (2, 2)).save(tmp_path / "images" / folder / name / "1.png")
    (tmp_path / "my.toml").write_text('name = "mine"\nlicence = "CC0"\nimages = "images"\n')
    with pytest.raises(UsageError, match=message):
        registry.get(str(tmp_path / "my.toml"))


def test_capitals_are_remarked(tmp_path: Path) -> None:
    labels = ("benign", "BENIGN", "malignant")
    rows = [f"{n}.png,{labels[n % 3]},{('train', 'test')[n // 3]}" for n in range(6)]
    assert "'BENIGN' and 'benign' differ only in capitals" in " ".join(own(tmp_path, rows).remarks)
    rows = [row.replace("BENIGN", "other") for row in rows]
    assert "capitals" not in " ".join(own(tmp_path, rows).remarks)
