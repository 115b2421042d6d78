import duckdb
import numpy as np
import polars as pl
import pytest

from fuseboard.store.embeddings import shards
from fuseboard.store.errors import FuseboardError

ABOUT = {"fingerprint": "f", "dataset": "digits"}


@pytest.fixture(params=["float32", "float16", "multi-label"])
def shard(request, tmp_path):
    dtype = "float16" if request.param == "float16" else "float32"
    rng = np.random.default_rng(0)
    ids = np.arange(3000, dtype=np.uint32)
    labels = (
        rng.integers(0, 2, (3000, 14)).astype(np.uint8) if request.param == "multi-label" else ids.astype(np.uint16) % 9
    )
    matrix = rng.normal(size=(3000, 8)).astype(dtype)
    path = tmp_path / "val-00000-of-00001.parquet"
    return path, shards.write(path, ids, labels, matrix, ABOUT), ids, labels, matrix


def test_every_reader_sees_the_same_values(shard, tmp_path):
    load_dataset = pytest.importorskip("datasets").load_dataset

    path, _, ids, labels, matrix = shard
    plain = load_dataset("parquet", data_files=str(path), split="train", cache_dir=str(tmp_path / "cache"))
    plain = plain.with_format("numpy")[:]
    duck = duckdb.sql(f"SELECT id, label, embedding FROM '{path}' ORDER BY id").fetchnumpy()
    bear = pl.read_parquet(path)
    for own_ids, own_labels, own_matrix in (
        (plain["id"], plain["label"], plain["embedding"]),
        (duck["id"], np.stack(duck["label"]), np.stack(duck["embedding"])),
        (bear["id"].to_numpy(), np.array(bear["label"].to_list()), np.array(bear["embedding"].to_list(), matrix.dtype)),
    ):
        np.testing.assert_array_equal(np.asarray(own_ids), ids)
        np.testing.assert_array_equal(np.asarray(own_labels), labels)
        np.testing.assert_array_equal(np.asarray(own_matrix).astype(matrix.dtype), matrix)


def test_a_whole_shard_verifies_and_is_adopted(shard):
    path, entry, ids, labels, _ = shard
    shards.verify(path, entry)
    assert shards.adopt(path, ids, labels, ABOUT) == entry
    assert shards.adopt(path, ids, labels, {**ABOUT, "fingerprint": "g"}) is None
    assert shards.adopt(path, ids[1:], labels[1:], ABOUT) is None
    assert shards.adopt(path, ids, labels[::-1], ABOUT) is None
    assert shards.adopt(path.with_name("no.parquet"), ids, labels, ABOUT) is None


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda data: data[:-1], "truncated"),
        (lambda data: data + b"x", "truncated or changed"),
        (lambda data: data[:500] + bytes([data[500] ^ 1]) + data[501:], "damaged"),
        (lambda data: b"", "truncated"),
    ],
)
def test_a_damaged_shard_is_refused_and_not_adopted(shard, damage, said):
    path, entry, ids, labels, _ = shard
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(FuseboardError, match=said):
        shards.verify(path, entry)
    adopted = shards.adopt(path, ids, labels, ABOUT)
    assert adopted is None or adopted.sha256 != entry.sha256


def test_a_missing_or_linked_shard_is_refused(shard, tmp_path):
    path, entry, *_ = shard
    path.rename(tmp_path / "elsewhere")
    with pytest.raises(FuseboardError, match=r"not there"):
        shards.verify(path, entry)
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FuseboardError, match=r"not there"):
        shards.verify(path, entry)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_vectors_that_are_not_finite_are_refused_by_id(tmp_path, bad):
    matrix = np.zeros((3, 2), np.float32)
    matrix[1, 1] = bad
    with pytest.raises(FuseboardError, match=r"id 8 holds NaN or infinity"):
        shards.write(tmp_path / "a.parquet", np.array([7, 8, 9], np.uint32), np.zeros(3, np.uint16), matrix, ABOUT)
    assert list(tmp_path.iterdir()) == []
