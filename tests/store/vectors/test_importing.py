"""The import of other people's vectors: joined by what images are called, kept like an extraction's, or refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from fuseboard.store.embeddings import block, history, licence
from fuseboard.store.embeddings.manifest import SPLITS
from fuseboard.store.embeddings.verify import verify
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.store import Store
from fuseboard.store.vectors.importing import Naming, import_vectors
from tests.store.vectors.people import DIM, ROWS, Card, Images, vectors

h5py = pytest.importorskip("h5py")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "store"


def whole(images: Images) -> tuple[list[str], Any, list[str]]:
    """Paths, vectors and labels of every split, one after another."""
    paths = [path for split in SPLITS for path in images.paths(split) or ()]
    labels = [images.label_names[label] for split in SPLITS for label in images.labels(split)]
    return paths, np.concatenate([vectors(split) for split in SPLITS]), labels


def stored(root: Path, name: str = "lesions", split: str = "val") -> Any:
    [version] = Store(root).versions
    return block.read(version, name, split)


def bring(root: Path, place: Path, images: Images | None = None, **said: Any) -> Any:
    return import_vectors(root, place, Card(), images or Images(), Naming(**said))


def refused(root: Path, place: Path, images: Images | None = None, **said: Any) -> str:
    """The one line that says why; nothing is in the store afterwards."""
    with pytest.raises(FuseboardError) as error:
        bring(root, place, images, **said)
    assert not list(root.rglob("*.parquet"))
    assert not list(root.rglob("manifest.json"))
    assert "\n" not in str(error.value)
    return str(error.value)


def table(path: Path, order: Any = None, paths: Any = None, numbers: Any = None, **more: Any) -> Path:
    """A CSV of path, label and D columns."""
    known, values, labels = whole(Images())
    values = values if numbers is None else numbers
    frame = pl.DataFrame({"path": paths or known, "label": labels} | more)
    frame = frame.with_columns(pl.Series(f"f{i}", values[:, i]) for i in range(values.shape[1]))
    frame = frame if order is None else frame[order]
    frame.write_csv(path) if path.suffix == ".csv" else frame.write_parquet(path)
    return path


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_rows_of_a_table_find_their_images_whatever_their_order(root: Path, tmp_path: Path, ending: str) -> None:
    order = np.random.default_rng(1).permutation(sum(ROWS.values()))
    version, changed = bring(root, table(tmp_path / f"beta{ending}", order))
    assert changed
    for split in SPLITS:
        found = stored(root, split=split)
        np.testing.assert_array_equal(found.matrix, vectors(split))
        np.testing.assert_array_equal(found.labels, Images().labels(split))
    assert version.manifest.entry("lesions", "val").imported.order == "official"
    assert "rows joined by path" in version.manifest.entry("lesions", "val").imported.proof
    assert verify(root, datasets=lambda name: Images()).findings == ()


def test_what_is_kept_is_a_version_like_any_other_and_says_where_it_is_from(root: Path, tmp_path: Path) -> None:
    version, _ = import_vectors(root, table(tmp_path / "b.csv"), Card(), Images(), Naming(), "10.5281/zenodo.7")
    assert (version.folder / "card.toml").read_text() == Card().toml()
    assert (version.folder / "README.md").is_file()
    assert version.manifest.about.source == "beta on the Hub; vectors from 10.5281/zenodo.7"
    assert version.manifest.identity["import"] == "vectors"
    [event] = history.read(version.folder)
    assert (event.what, event.where, event.datasets["lesions"]) == ("imported", "10.5281/zenodo.7", SPLITS)
    assert not licence.holds_image(version.folder, version.manifest)


def test_the_same_again_changes_nothing_and_other_vectors_are_another_source(root: Path, tmp_path: Path) -> None:
    first, _ = bring(root, table(tmp_path / "b.csv"))
    again, changed = bring(root, tmp_path / "b.csv")
    assert (again.spec, changed) == (first.spec, False)
    other = table(tmp_path / "b.csv", numbers=whole(Images())[1] + 1)
    with pytest.raises(FuseboardError, match="holds other vectors of lesions train"):
        bring(root, other)
    found, _ = import_vectors(root, other, Card(), Images(), Naming(), "elsewhere")
    assert found.spec != first.spec
    np.testing.assert_array_equal(block.read(first, "lesions", "val").matrix, vectors("val"))


def test_a_version_grows_by_another_split(root: Path, tmp_path: Path) -> None:
    for split in ("test", "val"):
        np.savez(tmp_path / "b.npz", features=vectors(split), paths=Images().paths(split))
        bring(root, tmp_path / "b.npz")
    [version] = Store(root).versions
    assert list(version.manifest.datasets["lesions"].splits) == ["val", "test"]


def test_types_of_numbers(root: Path, tmp_path: Path) -> None:
    for dtype, kept in ((np.float16, "float16"), (np.float32, "float32"), (np.float64, "float32")):
        np.savez(tmp_path / "b.npz", features=vectors("val", dtype), paths=Images().paths("val"))
        version, _ = import_vectors(root, tmp_path / "b.npz", Card(), Images(), Naming(), str(dtype))
        assert version.manifest.dtype == kept
        proof = version.manifest.entry("lesions", "val").imported.proof
        assert ("rounded" in proof) == (dtype == np.float64)


@pytest.mark.parametrize(
    ("called", "how"),
    [
        (lambda path: path, "path"),
        (lambda path: f"./{path}", "path"),
        (lambda path: f"/data/ward 3/{path}", "end of the path"),
        (lambda path: path.replace(".png", ""), "path without its ending"),
        (lambda path: path.split("/")[1], "file name"),
        (lambda path: f"C:\\scans\\{path.split('/')[1]}", "file name"),
        (lambda path: path.split("/")[1].replace(".png", ".jpg"), "file name without its ending"),
    ],
)
def test_images_are_found_by_what_people_call_them(root: Path, tmp_path: Path, called: Any, how: str) -> None:
    version, _ = bring(root, table(tmp_path / "b.csv", paths=[called(path) for path in whole(Images())[0]]))
    assert version.manifest.entry("lesions", "val").imported.proof == f"rows joined by {how}"
    np.testing.assert_array_equal(stored(root).matrix, vectors("val"))


def test_official_row_numbers_are_ids(root: Path, tmp_path: Path) -> None:
    images = Images(named=False)
    order = np.random.default_rng(1).permutation(10)
    np.savez(tmp_path / "b.npz", val_features=vectors("val")[order], val_ids=order, test_features=vectors("test"),
             test_ids=np.arange(12), test_labels=images.labels("test")[:, None])  # fmt: skip
    bring(root, tmp_path / "b.npz", images)
    np.testing.assert_array_equal(stored(root).matrix, vectors("val"))
    np.testing.assert_array_equal(stored(root, split="test").matrix, vectors("test"))


@pytest.mark.parametrize("ids", [np.arange(1, 11), np.r_[np.arange(9), 8], np.arange(10) + 0.5])
def test_row_numbers_that_are_not_those_of_the_split_are_refused(root: Path, tmp_path: Path, ids: Any) -> None:
    np.savez(tmp_path / "b.npz", features=vectors("val"), ids=ids)
    said = refused(root, tmp_path / "b.npz", Images(named=False), split="val")
    assert any(word in said for word in ("no row number", "several vectors", "row numbers of a split"))


def test_rows_without_ids_are_taken_by_position_only_if_that_is_said(root: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "b.npy", vectors("val"))
    assert "--by-position" in refused(root, tmp_path / "b.npy", split="val")
    assert "add --split" in refused(root, tmp_path / "b.npy", by_position=True)
    assert "test has 12 images" in refused(root, tmp_path / "b.npy", by_position=True, split="test")
    version, _ = bring(root, tmp_path / "b.npy", by_position=True, split="val")
    proof = version.manifest.entry("lesions", "val").imported.proof
    assert "by position" in proof
    assert "class means of the even rows" in proof
    np.testing.assert_array_equal(stored(root).matrix, vectors("val"))


def test_files_called_after_splits(root: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for split in SPLITS:
        np.save(tmp_path / "folder" / f"beta_{split}.npy", vectors(split))
    bring(root, tmp_path / "folder", by_position=True)
    np.testing.assert_array_equal(stored(root, split="test").matrix, vectors("test"))


def test_a_version_of_a_store_is_a_folder_of_such_files(root: Path, tmp_path: Path) -> None:
    images = Images(named=False)
    first, _ = import_vectors(root / "one", tmp_path_of(tmp_path, images), Card(), images, Naming(by_position=True))
    bring(root / "two", first.folder / "lesions", images)
    np.testing.assert_array_equal(stored(root / "two").matrix, vectors("val"))


def tmp_path_of(tmp_path: Path, images: Images) -> Path:
    (tmp_path / "splits").mkdir()
    for split in SPLITS:
        np.save(tmp_path / "splits" / f"{split}.npy", vectors(split))
    return tmp_path / "splits"


def slides(folder: Path, patches: int = 1, ending: str = ".h5") -> Path:
    """One file per image of val as TRIDENT writes them, whose mean is the vector of the image."""
    folder.mkdir()
    for path, vector in zip(Images().paths("val") or (), vectors("val"), strict=True):
        noise = np.random.default_rng(0).normal(size=(patches, DIM))
        values = (vector + noise - noise.mean(axis=0)).astype(np.float32)
        with h5py.File(folder / f"{path.split('/')[1][:-4]}{ending}", "w") as file:
            file.create_dataset("features", data=values, chunks=True, compression="gzip")
            file.create_dataset("coords", data=np.zeros((patches, 2), np.int64))
    return folder


def test_one_file_per_image_as_trident_writes_slides(root: Path, tmp_path: Path) -> None:
    bring(root, slides(tmp_path / "h5"))
    np.testing.assert_array_equal(stored(root).matrix, vectors("val"))


def test_patches_of_an_image_are_pooled_only_if_that_is_said(root: Path, tmp_path: Path) -> None:
    place = slides(tmp_path / "h5", patches=5)
    assert "5 vectors, which are patches of one image" in refused(root, place)
    version, _ = bring(root, place, pool="mean")
    np.testing.assert_allclose(stored(root).matrix, vectors("val"), atol=1e-5)
    assert version.manifest.identity["pool"] == "mean"
    for path in place.iterdir():
        with h5py.File(path, "a") as file:
            values = file["features"][()]
            del file["features"]
            file["features"] = values[None]
    again, changed = bring(root, place, pool="mean")
    assert (again.spec, changed) == (version.spec, False), "a batch of one slide is that slide"


def test_vectors_under_the_names_of_their_images(root: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "b.npz", **dict(zip(Images().paths("val") or (), vectors("val"), strict=True)))
    bring(root, tmp_path / "b.npz")
    np.testing.assert_array_equal(stored(root).matrix, vectors("val"))


def test_a_list_column_and_names_that_are_said(root: Path, tmp_path: Path) -> None:
    frame = pl.DataFrame({"slide": Images().paths("val"), "cls": vectors("val"), "mean": vectors("val") + 1})
    frame.write_parquet(tmp_path / "b.parquet")
    assert "did you mean" in refused(root, tmp_path / "b.parquet", ids="slid", vectors="cls")
    version, _ = bring(root, tmp_path / "b.parquet", ids="slide", vectors="cls")
    np.testing.assert_array_equal(stored(root).matrix, vectors("val"))
    other, _ = bring(root, tmp_path / "b.parquet", ids="slide", vectors="mean")
    assert other.spec != version.spec


def test_labels_of_several_findings(root: Path, tmp_path: Path) -> None:
    images = Images(task="multi-label, binary-class", label_names=("a", "b", "c"))
    columns = {name: images.labels("val")[:, i] for i, name in enumerate(images.label_names)}
    numbers = {f"f{i}": vectors("val")[:, i] for i in range(DIM)}
    pl.DataFrame({"path": images.paths("val")} | columns | numbers).write_csv(tmp_path / "b.csv")
    bring(root, tmp_path / "b.csv", images)
    assert stored(root).labels.tolist() == images.labels("val").tolist()
    flipped = pl.DataFrame({"path": images.paths("val")} | columns | {"c": 1 - columns["c"]} | numbers)
    flipped.write_csv(tmp_path / "c.csv")
    assert "10 labels are other ones" in refused(root / "other", tmp_path / "c.csv", images)


def test_all_faults_come_at_once(root: Path, tmp_path: Path) -> None:
    paths, numbers, labels = whole(Images())
    paths[3], paths[5] = "nowhere.png", paths[4]
    labels[7], labels[8] = "benign", "cyst"
    frame = pl.DataFrame({"path": paths, "label": labels} | {f"f{i}": numbers[:, i] for i in range(DIM)})
    frame.write_csv(tmp_path / "b.csv")
    said = refused(root, tmp_path / "b.csv")
    assert "1 ids are of no image of lesions, or of several (nowhere.png at line 5)" in said
    assert "an image has several vectors (benign/004.png at line 7)" in said
    assert "'cyst' at line 10" in said
    assert "malignant/007.png is 'benign' there and 'malignant' in lesions" in said
    assert "2 of 30 images of train have no vector (malignant/003.png, benign/005.png)" in said


def test_vectors_that_are_not_finite_are_named(root: Path, tmp_path: Path) -> None:
    numbers = whole(Images())[1]
    numbers[4, 1], numbers[41, 0] = np.nan, np.inf
    said = refused(root, table(tmp_path / "b.parquet", numbers=numbers))
    assert "1 vectors of train hold NaN or infinity (benign/004.png)" in said
    assert "1 vectors of test hold NaN or infinity (benign/201.png)" in said


def test_labels_in_another_order_are_seen(root: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "b.npz", features=vectors("val"), y=1 - Images().labels("val"))
    assert "10 labels are other ones than those of lesions" in refused(
        root, tmp_path / "b.npz", split="val", by_position=True
    )


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        ({"features": np.zeros((10, 5), np.float32)}, "5 numbers per row, the card says dim = 4"),
        ({"features": np.zeros((10, 4, 1), np.float32)}, "N x 4 are wanted"),
        ({"features": np.zeros((999, 4), np.float32)}, "999 rows for the dataset's 52 images"),
        ({"features": np.zeros((0, 4), np.float32)}, "0 rows"),
        ({"u": np.zeros((10, 4), np.float32), "v": np.zeros((10, 4), np.float32)}, "say --vectors NAME"),
        ({"u": np.arange(10)}, "holds no floats of N x 4"),
        ({"features": np.zeros((10, 4), np.float32), "ids": np.arange(9)}, "a number or a text per vector"),
        ({"features": np.zeros((10, 4), np.float32), "ids": np.full(10, "x" * 5000)}, "no id and no label"),
        ({"features": np.zeros((10, 4), np.float32), "ids": np.full(10, None)}, "pickled Python objects"),
        ({"features": np.zeros((10, 4), np.float32), "splits": np.full(10, "holdout")}, "'holdout' at row 0"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(root: Path, tmp_path: Path, arrays: Any, reason: str) -> None:
    beside = {} if "ids" in arrays else {"paths": Images().paths("val")}
    beside = beside if len(next(iter(arrays.values()))) == 10 else {}
    np.savez(tmp_path / "b.npz", **arrays, **beside)
    assert reason in refused(root, tmp_path / "b.npz")


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [("f2", "n/a", "line 2: f2 is 'n/a', which is no number"), ("f9", "1", "5 columns of numbers")],
)
def test_cells_that_are_no_numbers_are_refused(root: Path, tmp_path: Path, column: str, cell: str, reason: str) -> None:
    frame = pl.read_csv(table(tmp_path / "b.csv"), infer_schema=False)
    cells = pl.when(pl.int_range(pl.len()) == 0).then(pl.lit(cell)).otherwise(pl.lit("1"))
    frame.with_columns(cells.alias(column)).write_csv(tmp_path / "b.csv")
    assert reason in refused(root, tmp_path / "b.csv")


def test_options_that_cannot_be_meant(root: Path, tmp_path: Path) -> None:
    for place, reason in ((tmp_path / "none.npy", "no such file"), (tmp_path, "no file of vectors there")):
        with pytest.raises(UsageError, match=reason):
            bring(root, place)
    np.save(tmp_path / "b.npy", vectors("val"))
    with pytest.raises(UsageError, match="has no split val"):
        bring(root, tmp_path / "b.npy", Images(splits=("train",)), split="val")
    with pytest.raises(UsageError, match="--source"):
        import_vectors(root, tmp_path / "b.npy", Card(), Images(), Naming(), "a\nb")
    with pytest.raises(FuseboardError, match="labels are not on this machine"):
        bring(root, tmp_path / "b.npy", Images(at_hand=False))


def test_a_disk_that_is_full_leaves_no_version(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from fuseboard.store.vectors import split_import

    real, written = split_import.shards.write, []

    def write(path: Path, *more: Any) -> Any:
        if len(written) == 2:
            raise FuseboardError("no space left on the disk")
        written.append(path)
        return real(path, *more)

    place = table(tmp_path / "b.csv")
    with monkeypatch.context() as patch:
        patch.setattr(split_import.shards, "write", write)
        with pytest.raises(FuseboardError, match="no space"):
            bring(root, place)
    assert Store(root).versions == []
    bring(root, place)
    assert json.loads((Store(root).versions[0].folder / "manifest.json").read_text())["backbone"] == "beta"
