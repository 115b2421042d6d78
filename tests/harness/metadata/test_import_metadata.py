"""`store import-metadata`: from a table beside one's images to a search, a push that is refused, and predictions."""

import csv

import numpy as np
import polars as pl
import pytest
from PIL import Image

from fuseboard import Fusion
from fuseboard.cli import run
from fuseboard.harness.fusion.bundle import loading
from fuseboard.harness.metadata.table import Beside
from fuseboard.store.store import Store

COLUMNS = ("age", "sex", "site")


@pytest.fixture(scope="module")
def lesions(tmp_path_factory):
    """Images, a table with patients' data, and a store that has embedded them."""
    folder = tmp_path_factory.mktemp("metadata")
    rng = np.random.default_rng(0)
    rows = []
    for number in range(100):
        label = number % 2
        path = folder / "lesions" / f"{number:03}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(rng.integers(20 * label, 200, (24, 24), np.uint8)).save(path)
        age = "" if number % 9 == 0 else f"{rng.normal(50 + 15 * label, 9):.0f}"
        facts = {"age": age, "sex": rng.choice(["f", "m"]), "site": rng.choice(["a", "b"])}
        split = ("train", "train", "train", "val", "test")[number // 2 % 5]
        rows.append({"path": path.name, "label": ["no", "yes"][label], "split": split, **facts})
    write(folder / "lesions" / "table.csv", rows)
    dataset = str(folder / "lesions" / "table.csv")
    assert run(["extract", "hog", "-d", dataset, "--store", str(folder / "store")]) == 0
    return folder, rows


def write(path, rows):
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def add(folder, *arguments, store="store"):
    dataset = str(folder / "lesions" / "table.csv")
    return run(["store", "import-metadata", "-d", dataset, "--store", str(folder / store), *map(str, arguments)])


def test_kept_columns_and_a_table_make_the_same_vectors(lesions, tmp_path, capsys):
    folder, rows = lesions
    assert add(folder) == 0
    kept = capsys.readouterr()
    assert "age: number, 2 of 6 numbers" in kept.err
    assert "remark" not in kept.err
    shuffled = [{key: row[key] for key in ("path", *COLUMNS)} for row in np.random.default_rng(1).permutation(rows)]
    write(tmp_path / "patients.csv", shuffled)
    pl.read_csv(tmp_path / "patients.csv").write_parquet(tmp_path / "patients.parquet")
    for table in ("patients.csv", "patients.parquet"):
        assert add(folder, tmp_path / table) == 0
        assert capsys.readouterr().out.startswith(kept.out.strip().removesuffix(", nothing new"))
    block = Store(folder / "store").blocks("table", "test", ["metadata"])
    row = next(row for row in rows if row["split"] == "test")
    assert block.features["metadata"].shape == (20, 6)
    assert block.features["metadata"][0, 2:].tolist() == [
        *(float(row["sex"] == value) for value in "fm"),
        *(float(row["site"] == value) for value in "ab"),
    ]


def test_other_values_are_another_version_and_the_last_table_is_meant(lesions, tmp_path, capsys):
    folder, rows = lesions
    assert add(folder, "--columns", "age", "--name", "age") == 0
    first = capsys.readouterr().out
    changed = [{**row, "age": "99"} if row is rows[8] else row for row in rows]
    assert rows[8]["split"] == "test", "nothing that was learned from changes"
    write(tmp_path / "mended.csv", changed)
    assert add(folder, tmp_path / "mended.csv", "--columns", "age", "--name", "age") == 0
    second = capsys.readouterr().out
    assert first.split(":")[0] != second.split(":")[0]
    assert len([v for v in Store(folder / "store").versions if v.manifest.backbone == "age"]) == 2
    assert Store(folder / "store").version("age") is not None


def test_it_joins_a_search_with_its_shapley_value(lesions, capsys):
    folder, _ = lesions
    assert add(folder) == 0
    command = ["search", str(folder / "lesions" / "table.csv"), "--backbones", "hog,metadata"]
    assert run([*command, "--protocol", "linear-2026", "--store", str(folder / "store")]) == 0
    said = capsys.readouterr()
    assert "hog+metadata" in said.out
    [line] = [line for line in said.err.splitlines() if line.startswith("Shapley values")]
    assert {"hog", "metadata"} <= set(line.split())


def test_the_label_in_other_words_is_remarked(lesions, tmp_path, capsys):
    folder, rows = lesions
    write(tmp_path / "leaky.csv", [{**row, "biopsy": {"yes": "positive"}.get(row["label"], "none")} for row in rows])
    assert add(folder, tmp_path / "leaky.csv", "--name", "leaky") == 0
    assert "remark: biopsy alone says the label (100% balanced accuracy" in capsys.readouterr().err


def test_it_leaves_the_store_only_where_it_is_named(lesions, capsys):
    folder, _ = lesions
    assert add(folder) == 0
    assert run(["store", "push", "metadata", "org/mine", "--store", str(folder / "store")]) == 2
    assert "metadata of patients" in capsys.readouterr().err
    assert run(["store", "derive", "metadata", "-d", "table", "--int8", "--store", str(folder / "store")]) == 2
    assert "metadata is metadata of a few numbers" in capsys.readouterr().err.replace("\n", " ")


def test_it_is_no_models(lesions, capsys):
    folder, _ = lesions
    assert add(folder) == 0
    assert run(["store", "audit", "metadata", "-d", str(folder / "lesions" / "table.csv"),
                "--store", str(folder / "store")]) == 1  # fmt: skip
    assert "it is of a table, and no model made it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "arguments", "said"),
    [
        (lambda rows: rows[:-1], (), "1 of 20 images of test have no row"),
        (lambda rows: [*rows, rows[0]], (), "an image has several rows"),
        (lambda rows: [{**rows[0], "path": "x.png"}, *rows[1:]], (), "1 ids are of no image"),
        (lambda rows: rows, ("--columns", "agee"), "did you mean age?"),
        (lambda rows: [{**rows[0], "label": "yes"}, *rows[1:]], (), "label"),
        (lambda rows: [{**row, "age": "old"} if row is rows[8] else row for row in rows], (), "age is 'old'"),
        (lambda rows: rows, ("--name", "hog"), "--name hog: so a backbone is called"),
        (lambda rows: rows, ("--name", "A B"), "--name 'A B': a name is up to 100 small letters"),
        (lambda rows: [{"path": row["path"], "label": row["label"]} for row in rows], (), "no column beside"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(lesions, tmp_path, change, arguments, said, capsys):
    folder, rows = lesions
    write(tmp_path / "bad.csv", change(rows))
    before = sorted(folder.joinpath("store", "embeddings").glob("*/*"))
    assert add(folder, tmp_path / "bad.csv", *arguments) in (1, 2)
    error = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error")]
    assert len(error) == 1
    assert said in error[0]
    assert sorted(folder.joinpath("store", "embeddings").glob("*/*")) == before


def test_a_model_takes_it_for_new_images_from_a_table(lesions, tmp_path, capsys):
    folder, rows = lesions
    dataset, model, store = folder / "lesions" / "table.csv", tmp_path / "model", folder / "store"
    assert add(folder) == 0
    command = ["fuse", "train", str(dataset), "-o", str(model), "--backbones", "hog,metadata", "--store", str(store)]
    assert run([*command, "--strategy", "exhaustive"]) == 0
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("Shapley values")]
    assert len(told) == 1
    assert {"hog", "metadata"} <= set(told[0].split())
    assert run(command) == 0
    images = [str(folder / "lesions" / row["path"]) for row in rows if row["split"] == "test"]
    capsys.readouterr()
    assert run(["fuse", "predict", str(model), *images]) == 2
    assert "metadata is made of age, sex, site of each image; give a table" in capsys.readouterr().err
    strange = tmp_path / "strange.png"
    Image.new("L", (24, 24)).save(strange)
    out = tmp_path / "said.csv"
    predict = ["fuse", "predict", str(model), *images, str(strange), "-o", str(out), "--metadata"]
    assert run([*predict, str(dataset)]) == 1
    said = pl.read_csv(out)
    assert said["error"].to_list()[:-1] == [None] * len(images)
    assert said["error"][-1].endswith("no row of table.csv is of it")
    bundle = loading.load(model)
    stored = dict(zip(bundle.predictions["test"].names, bundle.predictions["test"].scores[:, 1], strict=True))
    wanted = [stored[row["path"]] for row in rows if row["split"] == "test"]
    np.testing.assert_allclose(said["yes"].to_list()[:-1], wanted, atol=1e-5)
    write(tmp_path / "short.csv", [{"path": row["path"], "age": row["age"]} for row in rows])
    assert run([*predict, str(tmp_path / "short.csv")]) == 2
    assert "unknown column 'sex' in short.csv" in capsys.readouterr().err


def test_blocks_with_metadata_are_learned_from(lesions):
    folder, _ = lesions
    assert add(folder) == 0
    store = Store(folder / "store")
    fusion = Fusion(store=store).fit(store.blocks("table", "train", ["hog", "metadata"]))
    assert fusion.backbones_ == ("hog", "metadata")
    assert Beside(folder / "lesions" / "table.csv").columns[0] == "path"


def test_limits_of_weights_leave_metadata_in_and_ask_the_source_of_derived_ones(lesions, capsys):
    folder, _ = lesions
    assert add(folder) == 0
    assert run(["store", "derive", "hog", "-d", "table", "--int8", "--store", str(folder / "store")]) == 0
    command = ["search", str(folder / "lesions" / "table.csv"), "--backbones", "hog-int8,metadata", "--open"]
    capsys.readouterr()
    assert run([*command, "--protocol", "linear-2026", "--store", str(folder / "store")]) == 0
    assert "hog-int8+metadata" in capsys.readouterr().out


def test_metadata_of_earlier_images_say_how_to_take_the_table_again(tmp_path, capsys):
    folder = tmp_path / "grown"
    rng = np.random.default_rng(2)
    for number in range(40):
        path = folder / ("no", "yes")[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 200, (24, 24), np.uint8)).save(path)
    names = [f"{label}/{path.name}" for label in ("no", "yes") for path in sorted((folder / label).iterdir())]
    write(tmp_path / "ages.csv", [{"path": name, "age": f"{rng.normal(60, 9):.0f}"} for name in names])
    store = ["--store", str(tmp_path / "store")]
    assert run(["extract", "hog", "-d", str(folder), *store]) == 0
    assert run(["store", "import-metadata", str(tmp_path / "ages.csv"), "-d", str(folder), *store]) == 0
    Image.fromarray(rng.integers(0, 200, (24, 24), np.uint8)).save(folder / "yes" / "new.png")
    assert run(["extract", "hog", "-d", str(folder), *store]) == 0
    capsys.readouterr()
    assert run(["search", str(folder), "--protocol", "linear-2026", *store]) == 1
    assert "metadata has earlier images of grown; `fuseboard store import-metadata -d PATH" in capsys.readouterr().err
    command = ["fuse", "train", str(folder), "-o", str(tmp_path / "m"), "--backbones", "hog,metadata"]
    assert run([*command, *store]) == 2
    assert "run `fuseboard store import-metadata` again" in capsys.readouterr().err
