"""Missing values: R's NA, pandas' nan and empty cells are no class and no patient, unless somebody says so."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from fuseboard.harness.datasets import registry
from fuseboard.harness.datasets.custom.missing import WORDS
from fuseboard.harness.datasets.dataset import Dataset
from fuseboard.store.errors import UsageError

HEAD = 'name = "mine"\nlicence = "CC0"\n'


def table(root: Path, header: str, cells: list[str], keys: str = "") -> Dataset:
    for number in range(len(cells)):
        if not (root / f"{number}.png").exists():
            Image.new("L", (2, 2), number % 256).save(root / f"{number}.png")
    lines = "".join(f"{number}.png,{cell}\n" for number, cell in enumerate(cells))
    (root / "list.csv").write_text(f"path,{header}\n{lines}")
    (root / "my.toml").write_text(f'{HEAD}table = "list.csv"\n{keys}\n')
    return registry.get(str(root / "my.toml"))


def images(dataset: Dataset) -> int:
    return sum(len(dataset.labels(split)) for split in dataset.splits)


@pytest.mark.parametrize("word", sorted(WORDS))
def test_a_word_for_a_missing_label_is_refused_with_its_count(tmp_path: Path, word: str) -> None:
    with pytest.raises(UsageError, match=rf"line 4: label is a word .*\(3 '{word}'\).*missing = \"drop\""):
        table(tmp_path, "label", ["0", "1", word] * 3)


def test_missing_labels_are_dropped_on_request(tmp_path: Path) -> None:
    dataset = table(tmp_path, "label", ["0", "1", "NA", "", "nan"] * 5 + ["NA"], 'missing = "drop"')
    assert dataset.label_names == ("0", "1")
    assert images(dataset) == 10
    said = "16 images left out, something not being known of them (label: 6 'NA', 5 'nan', 5 empty)"
    assert said in dataset.remarks
    plain = table(tmp_path, "label", ["0", "1"] * 4)
    assert not any("left out" in remark for remark in plain.remarks)


def test_a_word_is_a_class_where_somebody_says_so(tmp_path: Path) -> None:
    cells = ["Mild", "None"] * 5
    assert table(tmp_path, "label", cells, 'missing = "keep"').label_names == ("Mild", "None")
    assert table(tmp_path, "label", cells, 'classes = ["None", "Mild"]').label_names == ("None", "Mild")
    with pytest.raises(UsageError, match="no label"):
        table(tmp_path, "label", [*cells, ""], 'missing = "keep"')


def test_patients_that_nobody_knows_are_not_one_patient(tmp_path: Path) -> None:
    cells = [f"{'ab'[number % 2]},{'NA' if number > 15 else number}" for number in range(20)]
    with pytest.raises(UsageError, match=r"line 18: patient is a word .*\(4 'NA'\)"):
        table(tmp_path, "label,patient", cells, 'group = "patient"')
    dataset = table(tmp_path, "label,patient", cells, 'group = "patient"\nmissing = "drop"')
    assert images(dataset) == 16


def test_findings_that_are_missing(tmp_path: Path) -> None:
    cells = ["0,1", "1,0", "1,NA", ",0"] * 5
    with pytest.raises(UsageError, match="line 5: no x"):
        table(tmp_path, "x,y", cells, 'labels = ["x", "y"]')
    dataset = table(tmp_path, "x,y", cells, 'labels = ["x", "y"]\nmissing = "drop"')
    assert images(dataset) == 10
    assert any("(x: 5 empty; y: 5 'NA')" in remark for remark in dataset.remarks)


def test_a_table_that_knows_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no row whose label is known"):
        table(tmp_path, "label", ["NA", ""], 'missing = "drop"')


def test_a_folder_of_such_a_name_is_remarked(tmp_path: Path) -> None:
    for name in ("0", "1", "nan"):
        for number in range(5):
            (tmp_path / "images" / name).mkdir(parents=True, exist_ok=True)
            Image.new("L", (2, 2), number).save(tmp_path / "images" / name / f"{number}.png")
    (tmp_path / "my.toml").write_text(f'{HEAD}images = "images"\n')
    dataset = registry.get(str(tmp_path / "my.toml"))
    assert dataset.label_names == ("0", "1", "nan")
    assert any("not known (label: 5 'nan')" in remark for remark in dataset.remarks)
    (tmp_path / "my.toml").write_text(f'{HEAD}images = "images"\nmissing = "drop"\n')
    assert registry.get(str(tmp_path / "my.toml")).label_names == ("0", "1")


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["0", "1", "", "NA", "nan", " NA ", "None"]), max_size=20))
def test_no_missing_value_is_ever_a_class(tmp_path: Path, cells: list[str]) -> None:
    whole = ["0", "1"] * 3 + cells
    known = [cell for cell in whole if cell in ("0", "1")]
    dataset = table(tmp_path, "label", whole, 'missing = "drop"')
    assert (dataset.label_names, images(dataset)) == (("0", "1"), len(known))
    if len(known) < len(whole):
        with pytest.raises(UsageError, match=f"line {2 + [cell in ('0', '1') for cell in whole].index(False)}: |: no"):
            table(tmp_path, "label", whole)
