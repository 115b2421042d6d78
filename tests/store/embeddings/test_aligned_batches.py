"""Vectors of several versions side by side: the same images or an error, and never a whole split in memory."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuseboard.store.embeddings import aligned_batches, block
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files.hashing import sha256_of
from fuseboard.store.results import similarity
from fuseboard.store.statistics import cka

Make = Callable[..., Version]


def read(versions: list[Version], rows: int = 7, split: str = "test") -> dict[str, np.ndarray]:
    named = {version.manifest.backbone: version for version in versions}
    batches = list(aligned_batches.read(named, "digits", split, list(named), rows))
    assert all(len(matrix) == rows for batch in batches[:-1] for matrix in batch.values())
    return {name: np.concatenate([batch[name] for batch in batches]) for name in named}


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.integers(1, 40), parts=st.integers(1, 5), others=st.integers(1, 5))
def test_it_is_the_block(tmp_path: Path, make_version: Make, rows: int, parts: int, others: int) -> None:
    made = [
        make_version(tmp_path, "alpha", rows=31, parts=parts),
        make_version(tmp_path, "beta", dim=6, rows=31, parts=others, dtype="float16"),
    ]
    found = read(made, rows)
    for version in made:
        own = found[version.manifest.backbone]
        np.testing.assert_array_equal(own, block.read(version, "digits", "test").matrix)
    assert found["beta"].dtype == np.float16


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"rows": 19}, "alpha has id 19 where beta ends before id 19"),
        ({"rows": 21}, "alpha ends before id 20 where beta has id 20"),
        ({"ids": [*range(5), *range(6, 21)]}, "alpha has id 5 where beta has id 6"),
        ({"labels": [0, 1, 2] * 5 + [0, 1, 1, 0, 1]}, "id 17 has label 2 in alpha but 1 in beta"),
        ({"multi": 2}, "id 0 has label 0 in alpha but \\[0, 1\\] in beta"),
    ],
)
def test_other_images_are_refused(root: Path, make_version: Make, changed: dict[str, Any], said: str) -> None:
    made = [make_version(root, "alpha"), make_version(root, "beta", **changed)]
    with pytest.raises(FuseboardError, match=f"digits test: {said}"):
        read(made)


def test_ids_that_do_not_ascend_are_refused(root: Path, make_version: Make) -> None:
    order = [*range(10), 11, 10, *range(12, 20)]
    with pytest.raises(FuseboardError, match=r"the ids of alpha@\w+ do not ascend"):
        read([make_version(root, "alpha", order=order), make_version(root, "beta", order=order)])
    with pytest.raises(FuseboardError, match="do not ascend"):
        read([make_version(root, "gamma", ids=[0, 1, 1, 2])])


def altered(version: Version, change: Callable[[Any], Any]) -> Version:
    """A version whose first test shard holds another table, under a manifest that promises it."""
    path, shard = next(iter(version.shards("digits", "test").items()))
    pq.write_table(change(pq.read_table(path)), path)
    text = (version.folder / "manifest.json").read_text().replace(shard.sha256, sha256_of(path))
    text = text.replace(f'"bytes": {shard.bytes}', f'"bytes": {path.stat().st_size}')
    (version.folder / "manifest.json").write_text(text)
    return version


def with_nan(table: Any) -> Any:
    flat = table["embedding"].combine_chunks().flatten().to_numpy().copy()
    flat[4 * 3 + 1] = np.nan
    column = pa.FixedSizeListArray.from_arrays(pa.array(flat), 4)
    return table.set_column(2, "embedding", column)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (with_nan, r"the vector of id 3 in alpha@\w+ holds NaN"),
        (lambda t: t.slice(0, 9), "alpha has id 10 where beta has id 9"),
        (lambda t: t.drop_columns("embedding"), "not readable as a shard"),
        (lambda t: t.drop_columns("label"), "not readable as a shard"),
        (lambda t: t.set_column(2, "embedding", t["id"]), "embedding is uint32, not 4 wide"),
    ],
)
def test_shards_that_are_not_what_they_should_be(
    root: Path, make_version: Make, change: Callable[[Any], Any], said: str
) -> None:
    made = [altered(make_version(root, "alpha"), change), make_version(root, "beta")]
    with pytest.raises(FuseboardError, match=said):
        read(made)


def test_rows_that_all_lack_are_held_against_the_manifest(root: Path, make_version: Make) -> None:
    version = altered(make_version(root, "alpha", parts=1), lambda table: table.slice(0, 19))
    with pytest.raises(FuseboardError, match=r"19 rows in the shards of alpha@\w+, 20 in the manifest"):
        read([version])


def test_a_changed_byte_is_found(root: Path, make_version: Make) -> None:
    version = make_version(root, "alpha")
    aligned_batches.verify({"alpha": version}, "digits", "test")
    path = list(version.shards("digits", "test"))[1]
    content = bytearray(path.read_bytes())
    content[40] ^= 1
    path.write_bytes(content)
    with pytest.raises(FuseboardError, match="the shard is damaged"):
        aligned_batches.verify({"alpha": version}, "digits", "test")


def peak(work: Callable[[], object]) -> float:
    """MiB that a piece of work held at most: NumPy's own and Arrow's."""
    before, pool = pa.default_memory_pool(), pa.proxy_memory_pool(pa.default_memory_pool())
    pa.set_memory_pool(pool)
    tracemalloc.start()
    try:
        work()
        return (tracemalloc.get_traced_memory()[1] + (pool.max_memory() or 0)) / 2**20
    finally:
        tracemalloc.stop()
        pa.set_memory_pool(before)


def test_memory_is_that_of_batches_and_not_of_splits(
    root: Path, make_version: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two splits of 24 MiB each are compared in less memory than one of them would take."""
    make = {"dim": 256, "splits": ("test",), "parts": 3}
    small = {name: make_version(root / "small", name, rows=6_000, **make) for name in ("alpha", "beta")}
    large = {name: make_version(root, name, rows=24_000, **make) for name in ("alpha", "beta")}
    monkeypatch.setattr(cka, "BOUND", 2 * 2**20)  # of 1.5 MiB, so that bounds are seen in the sum
    monkeypatch.setattr(cka, "BATCH", 2**20)
    similarity.compare(root / "small", "digits", small)  # imports what is imported once
    bounded = peak(lambda: similarity.compare(root, "digits", large))
    assert bounded < 2 + 4 * 1 + 6, "cross-products, rows, and Arrow's buffers of two open files"
    assert peak(lambda: block.read(large["alpha"], "digits", "test")) > 23, "the measure sees a split in memory"


def test_cross_products_stay_under_their_bound(root: Path, make_version: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Six backbones of 400 columns have 27 MiB of cross-products; a bound of 4 MiB holds 3 of the 21 at a time."""
    names = ("a", "b", "c", "d", "e", "f")
    made = {n: make_version(root, n, dim=400, rows=300, splits=("test",)) for n in names}
    monkeypatch.setattr(cka, "BATCH", 2**20)
    similarity.compare(root, "digits", {n: made[n] for n in "ab"})
    assert peak(lambda: similarity.compare(root / "whole", "digits", made)) > 25
    monkeypatch.setattr(cka, "BOUND", 4 * 2**20)
    assert peak(lambda: similarity.compare(root / "tight", "digits", made)) < 4 + 4 * 1 + 6


def test_a_shard_is_never_in_memory_as_a_whole(root: Path, make_version: Make) -> None:
    version = make_version(root, "alpha", dim=512, rows=24_000, splits=("test",), parts=1)  # 47 MiB
    before, held = pa.total_allocated_bytes(), []
    for _ in aligned_batches.read({"alpha": version}, "digits", "test", ["alpha"], 400):
        held.append((pa.total_allocated_bytes() - before) / 2**20)
    assert len(held) == 60
    assert max(held) < 12
