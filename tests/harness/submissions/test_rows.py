"""The rows: wrong ids, labels and vectors, each named for what it is."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from fuseboard.harness.datasets.limited import First
from fuseboard.store.files.hashing import fingerprint
from tests.harness.submissions.stranger import Stranger

Change = Callable[[Stranger], None]


@pytest.fixture
def stranger(small_store: Path, tmp_path: Path) -> Stranger:
    return Stranger(small_store, tmp_path)


def ids(change: Callable[[np.ndarray], np.ndarray]) -> Change:
    return lambda s: s.embed("val", s.vectors("val"), ids=change(s.ids("val")))


def labels(change: Callable[[np.ndarray], np.ndarray]) -> Change:
    return lambda s: s.embed("test", s.vectors("test"), labels=change(s.labels("test")))


def vectors(split: str, row: int | slice, value: float) -> Change:
    def change(s: Stranger) -> None:
        matrix = s.vectors(split)
        matrix[row] = value
        s.embed(split, matrix)

    return change


def one_number(split: str, value: float) -> Change:
    def change(s: Stranger) -> None:
        matrix = s.vectors(split)
        matrix[7, 3] = value
        s.embed(split, matrix)

    return change


def with_gaps(s: Stranger) -> None:
    table = s.table("test")
    kept = table["embedding"].combine_chunks()
    flat = kept.flatten().to_pylist()
    flat[5] = None
    holed = pa.FixedSizeListArray.from_arrays(pa.array(flat, pa.float32()), type=table.schema.field("embedding").type)
    s.write("test", table.set_column(2, table.schema.field("embedding"), holed))


BROKEN = {
    "ids from 1 on": (
        ids(lambda i: i + 1),
        "ids: digits-first120 val: 120 ids up to 120, the dataset has the 120 ids",
    ),
    "an id twice": (ids(lambda i: np.where(i == 5, 4, i)), "ids: digits-first120 val: id 4 occurs more than once"),
    "ids backwards": (ids(lambda i: i[::-1]), "ids: digits-first120 val: row 0 has id 119: rows must lie in the order"),
    "the largest id": (ids(lambda i: np.where(i == 9, 2**32 - 1, i)), "120 ids up to 4,294,967,295"),
    "labels of one's own": (labels(lambda y: (y + 1) % 10), "(120 differ)"),
    "one label changed": (
        labels(lambda y: np.where(np.arange(120) == 3, 9 - y, y)),
        "labels: digits-first120 test: id 3 has label",
    ),
    "a label of no class": (labels(lambda y: np.where(np.arange(120) == 3, 60_000, y)), "id 3 has label 60000"),
    "NaN": (one_number("train", np.nan), "vectors: digits-first120 train: id 7 holds NaN, infinity"),
    "infinity": (one_number("val", np.inf), "vectors: digits-first120 val: id 7 holds NaN, infinity"),
    "numbers too large": (one_number("val", 1e30), "numbers whose squares float32 cannot hold (1 do)"),
    "a null inside": (with_gaps, "vectors: digits-first120 test: id 0 holds NaN"),
    "zeros": (vectors("test", 11, 0.0), "vectors: digits-first120 test: id 11 has a vector of zeros (1 do)"),
    "constant vectors": (vectors("test", slice(None), 0.5), "constant: digits-first120 test: all images have the same"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_rows_are_named(case: str, stranger: Stranger) -> None:
    change, message = BROKEN[case]
    change(stranger)
    assert message in stranger.problem()


def test_a_column_with_one_value_is_only_a_note(stranger: Stranger) -> None:
    for split in ("train", "val", "test"):
        matrix = stranger.vectors(split)
        matrix[:, :2] = 3
        stranger.embed(split, matrix)
    found = [f for f in stranger.check().findings if f.check == "constant" and "train" in f.message]
    assert [(f.status, f.message) for f in found] == [
        ("note", "digits-first120 train: 2 of 900 columns have one value for all images")
    ]


def test_a_few_images_may_be_there_twice(stranger: Stranger) -> None:
    matrix = stranger.vectors("train")
    matrix[9] = matrix[8]
    stranger.embed("train", matrix)
    found = [f for f in stranger.check().findings if f.check == "duplicates"]
    assert [(f.status, f.message) for f in found] == [
        ("note", "digits-first120 train: 1 of 120 images have the vector of another image, first id 9; datasets hold "
         "a few images twice")
    ]  # fmt: skip


def test_many_equal_vectors_are_wrong_where_another_backbone_tells_the_images_apart(stranger: Stranger) -> None:
    matrix = stranger.vectors("val")
    matrix[60:70] = matrix[:10]
    stranger.embed("val", matrix)
    found = "duplicates: digits-first120 val: 10 of 120 images have the vector of another image, first id 60; pixels "
    assert found + "tells 100% of these images apart" in stranger.problem()


def test_test_vectors_copied_from_train_are_wrong(stranger: Stranger) -> None:
    matrix = stranger.vectors("test")
    matrix[30:33] = stranger.vectors("train")[:3]
    stranger.embed("test", matrix)
    problem = stranger.problem()
    assert "duplicates: digits-first120 test: 3 of 120 images have the vector of an image of train" in problem
    assert "pixels tells 100% of these images apart" in problem


def test_images_that_are_equal_for_others_too_are_a_note(stranger: Stranger) -> None:
    matrix = stranger.vectors("val")
    matrix[60:70] = matrix[:10]
    stranger.embed("val", matrix)
    shutil.rmtree(stranger.root / "embeddings" / "pixels")
    (place,) = stranger.shards.parents[0].glob("*")
    copy = Path(shutil.copytree(place, stranger.root / "embeddings" / "twice" / "0"))
    other_identity(copy, "twice")
    found = [f for f in stranger.check().findings if f.check == "duplicates"]
    assert found[0].status == "note"
    assert "twice cannot tell them apart either" in found[0].message


def other_identity(folder: Path, name: str) -> None:
    """Makes a copy of a version one of another backbone."""
    said = json.loads((folder / "manifest.json").read_text())
    identity = {**said["identity"], "copy": name}
    said |= {"backbone": name, "identity": identity, "fingerprint": fingerprint(identity)}
    (folder / "manifest.json").write_text(json.dumps(said))
    folder.rename(folder.parent / said["fingerprint"])


def test_labels_that_nobody_has_are_not_compared(stranger: Stranger, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(stranger.root / "embeddings")
    monkeypatch.setattr(First, "at_hand", False)
    found = [f for f in stranger.check().findings if f.check == "labels"]
    assert {f.status for f in found} == {"note"}
    assert "its images are not on this machine" in found[0].message


def test_labels_of_the_dataset_itself_are_used_where_the_store_has_none(stranger: Stranger) -> None:
    shutil.rmtree(stranger.root / "embeddings")
    found = [f.message for f in stranger.check().findings if f.check == "labels"]
    assert found == [f"digits-first120 {split}: equal to those of the dataset" for split in ("train", "val", "test")]
