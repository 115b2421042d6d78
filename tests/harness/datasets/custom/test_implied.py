"""A folder, a table or a repository of the Hub as a dataset, without a TOML."""

import io
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from fuseboard import cli
from fuseboard.harness.datasets import registry
from fuseboard.harness.datasets.custom.hub_images import HubImages
from fuseboard.store.embeddings.manifest import SPLITS
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.store import Store


def fill(root: Path, classes: dict[str, int]) -> Path:
    rng = np.random.default_rng(5)
    for name, count in classes.items():
        for number in range(count):
            path = root / name / f"{number:03}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(rng.integers(0, 256, (6, 5, 3), dtype=np.uint8)).save(path)
    return root


def test_a_folder_is_what_its_toml_would_be(tmp_path: Path) -> None:
    images = fill(tmp_path / "My Images", {"benign": 20, "malignant": 10})
    (tmp_path / "my.toml").write_text('name = "other"\nlicence = "x"\nimages = "My Images"\n')
    plain, told = registry.get(str(images)), registry.get(str(tmp_path / "my.toml"))
    assert (plain.name, plain.licence) == ("my-images", "not stated")
    assert plain.source_md5 == told.source_md5
    assert all(np.array_equal(plain.labels(split), told.labels(split)) for split in SPLITS)
    assert registry.name_of(f"{images}-sample4") == registry.get(f"{images}-sample4").name == "my-images-sample4"


def test_a_table_is_a_dataset_and_a_patient_is_on_one_side(tmp_path: Path) -> None:
    fill(tmp_path, {"images": 40})
    lines = [f"images/{n:03}.png,{'ab'[n % 2]},p{n // 4}" for n in range(40)]
    (tmp_path / "list.csv").write_text("\n".join(["path,label,patient_id", *lines]))
    found = registry.of_path(tmp_path / "list.csv")
    assert found.name == "list"
    sides = [set(found.groups[split]) for split in SPLITS]  # type: ignore[attr-defined]
    assert sum(map(len, sides)) == len(set.union(*sides)) == 10
    assert "10 groups (patient_id), none of them in two splits" in found.remarks
    with pytest.raises(UsageError, match=r"unknown column 'patientid'.*did you mean patient_id"):
        registry.of_path(tmp_path / "list.csv", "patientid")
    with pytest.raises(UsageError, match="a folder has no column 'patient'"):
        registry.of_path(tmp_path / "images", "patient")


def test_splits_that_are_given_stay_and_the_others_are_made(tmp_path: Path) -> None:
    fill(tmp_path / "x" / "train", {"a": 20, "b": 20})
    fill(tmp_path / "x" / "test", {"a": 3, "b": 3})
    found = registry.get(f"{tmp_path}/x")
    assert {split: len(found.labels(split)) for split in found.splits} == {"train": 34, "val": 6, "test": 6}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("images", "write it with a slash: images/"),
        ("imagess", "unknown dataset 'imagess'"),
        ("absent/", "unknown dataset 'absent/'"),
        ("absent.csv", "absent.csv: no such file or folder"),
        ("./\u75c5", "no name of a dataset can be made"),
        ("./digits", "digits means another dataset; choose a name of your own, of a folder or table by renaming it"),
        ("./empty", "no image there"),
    ],
)
def test_what_cannot_be_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, message: str) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("images", "\u75c5", "digits"):
        fill(tmp_path / folder, {"a": 4, "b": 4})
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=message):
        registry.get(name)


def test_an_extraction_writes_down_which_image_is_where(tmp_path: Path) -> None:
    images, store = fill(tmp_path / "ward", {"a": 8, "b": 8}), tmp_path / "store"
    assert cli.run(["extract", "pixels", "-d", str(images), "--store", str(store)]) == 0
    (version,) = Store(store).versions
    rows = pl.read_csv(store / "splits" / "ward.csv")
    assert rows.columns[:5] == ["split", "id", "path", "label", "md5"]
    assert rows.height == sum(part.rows for part in version.manifest.datasets["ward"].splits.values()) == 16
    first = rows.row(0, named=True)
    assert (first["split"], first["id"], first["label"]) == ("train", 0, first["path"][0])
    assert (images / first["path"]).is_file()


def test_no_name_in_a_manifest_is_taken_for_a_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    images, store = fill(tmp_path / "list.csv", {"a": 8, "b": 8}), tmp_path / "store"
    assert cli.run(["extract", "pixels", "-d", str(images), "--store", str(store)]) == 0
    monkeypatch.chdir(tmp_path)
    images.rename(tmp_path / "elsewhere")
    (tmp_path / "list.csv").write_text("path,label\n")
    assert cli.run(["store", "verify", "--store", str(store)]) == 0
    assert "no dataset of that name is known here" in capsys.readouterr().err


@pytest.fixture
def repository(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """What `load_dataset` answers: two parts of small pictures with class names, and the call that it got."""
    hub = pytest.importorskip("datasets")
    asked: dict[str, object] = {}

    def content(value: int) -> bytes:
        file = io.BytesIO()
        Image.fromarray(np.full((4, 4, 3), value, np.uint8)).save(file, "PNG")
        return file.getvalue()

    def load_dataset(*names: object, **options: object) -> object:
        asked.update(names=names, **options)
        features = hub.Features(
            {
                "image": hub.Image(),
                "label": hub.ClassLabel(names=["well", "ill"]),
                "site": hub.Value("string"),
                "age": hub.Value("int64"),
                "sex": hub.ClassLabel(names=["f", "m"]),
            }
        )
        part = lambda values: hub.Dataset.from_dict(  # noqa: E731
            {
                "image": [{"bytes": content(v), "path": None} for v in values],
                "label": [v % 2 for v in values],
                "site": [f"site {v % 3}" for v in values],
                "age": [v if v < 24 and v != 3 else None for v in values],
                "sex": [v % 2 for v in values],
            },
            features=features,
        )
        return hub.DatasetDict({"train": part(range(30)), "validation": part(range(30, 36))})

    monkeypatch.setattr(hub, "load_dataset", load_dataset)
    return asked


def test_a_repository_of_the_hub_is_a_dataset(repository: dict[str, object]) -> None:
    found = registry.get("hub:Some_One/scans@v1")
    assert repository == {"names": ("Some_One/scans", None), "revision": "v1"}
    assert (found.name, found.label_names, found.licence) == ("some-one-scans", ("well", "ill"), "not stated")
    assert {split: len(found.labels(split)) for split in found.splits} == {"train": 24, "val": 6, "test": 6}
    assert [int(image.max()) % 2 for image in found.images("val", 0, 6)] == found.labels("val").tolist()
    assert registry.name_of("hub:Some_One/scans") == found.name
    shown = [int(image.max()) for image in found.images("train", 0, 30)]
    further = found.further_columns("train")
    assert further["site"] == [f"site {value % 3}" for value in shown]
    assert further["age"] == [str(value) if value < 24 and value != 3 else None for value in shown]
    assert further["sex"] == ["fm"[value % 2] for value in shown]


def test_a_toml_says_more_of_a_repository_of_the_hub(repository: dict[str, object], tmp_path: Path) -> None:
    toml = tmp_path / "scans.toml"
    toml.write_text('name = "scans"\nlicence = "CC0"\nimages = "hub:org/scans@v1"\ndomain = "mri"\nsource = "org"\n')
    found = registry.get(str(toml))
    assert (repository["names"], repository["revision"]) == (("org/scans", None), "v1")
    assert (found.name, found.licence, found.declares.said) == ("scans", "CC0", {"domain": "mri", "source": "org"})
    plain = registry.get("hub:org/scans@v1")
    assert (found.source_md5, plain.declares.said) == (plain.source_md5, {})


def test_a_folder_here_is_not_read_for_a_repository(
    repository: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "org" / "scans").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"a folder org/scans lies here; .* give it as \./org/scans"):
        registry.get("hub:org/scans")
    assert repository == {}


def test_no_file_of_this_machine_is_read_for_a_repository(repository: dict[str, object], tmp_path: Path) -> None:
    found = HubImages.of("hub:org/scans")
    Image.new("L", (4, 4)).save(tmp_path / "secret.png")
    found._parts["train"] = [{"image": {"bytes": None, "path": str(tmp_path / "secret.png")}}] * 30
    with pytest.raises(FuseboardError, match="outside the cache of the Hub"):
        next(found.readers("train", 0, 1))()


@pytest.mark.parametrize("name", ["hub:scans", "hub:../x", "hub:a/b c"])
def test_what_is_no_name_of_the_hub(name: str) -> None:
    with pytest.raises(UsageError, match="is no dataset of the Hub"):
        registry.get(name)


def test_a_file_that_is_no_table_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "list.xlsx").touch()
    with pytest.raises(UsageError, match=r"list\.xlsx: a table ends in \.csv, \.tsv or \.parquet"):
        registry.get(str(tmp_path / "list.xlsx"))
