from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.store import Store


@settings(max_examples=25, deadline=None)
@given(
    st.permutations(range(20)), st.permutations(range(20)), st.integers(1, 4), st.sampled_from(["float32", "float16"])
)
def test_any_order_of_rows_and_shards_joins_to_the_same_matrix(make_version_once, first, second, parts, dtype):
    with TemporaryDirectory() as one, TemporaryDirectory() as two:
        make_version_once(Path(one), splits=("val",), dtype=dtype)
        make_version_once(Path(one), "beta", dim=3, splits=("val",), dtype=dtype)
        make_version_once(Path(two), order=first, parts=parts, splits=("val",), dtype=dtype)
        make_version_once(Path(two), "beta", dim=3, order=second, splits=("val",), dtype=dtype)
        plain, mixed = (Store(Path(r)).blocks("digits", "val", ["alpha", "beta"]) for r in (one, two))
    np.testing.assert_array_equal(plain.ids, np.arange(20))
    np.testing.assert_array_equal(plain.ids, mixed.ids)
    np.testing.assert_array_equal(plain.labels, mixed.labels)
    for name, dim in (("alpha", 4), ("beta", 3)):
        np.testing.assert_array_equal(plain.features[name], mixed.features[name])
        assert mixed.features[name].shape == (20, dim)
        assert mixed.features[name].dtype == np.float32
        assert mixed.features[name].flags.c_contiguous


@pytest.fixture(scope="module")
def make_version_once():
    """The function of `make_version`, for tests that call it many times."""
    from importlib import util

    spec = util.spec_from_file_location("store_conftest", Path(__file__).parent / "conftest.py")
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.make


def test_multi_label_blocks(make_version, root):
    make_version(root, multi=5)
    blocks = Store(root).blocks("digits", "test", ["alpha"])
    assert blocks.labels.shape == (20, 5)
    np.testing.assert_array_equal(blocks.labels, (np.arange(20)[:, None] + np.arange(5)) % 2)


@pytest.mark.parametrize(
    ("beta", "said"),
    [
        ({"ids": [*range(7), *range(8, 20)]}, "beta has no vector for id 7, which alpha has .1 missing"),
        ({"ids": range(21)}, "alpha has no vector for id 20, which beta has"),
        ({"ids": [*range(19), 3]}, "beta@.* id 3 occurs more than once"),
        ({"labels": [*range(3), *[9] * 17]}, "id 3 has label 0 in alpha but 9 in beta"),
        ({"multi": 3}, "labels of alpha have shape"),
    ],
)
def test_images_that_do_not_match_are_named(make_version, root, beta, said):
    make_version(root)
    make_version(root, "beta", **beta)
    with pytest.raises(FuseboardError, match=said):
        Store(root).blocks("digits", "val", ["alpha", "beta"])


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("digits", "val", ["aplha"]), "unknown backbone 'aplha'"),
        (("breastmnist", "val", ["alpha"]), "no embeddings of breastmnist"),
        (("digits", "train", ["alpha"]), "no train split of digits"),
        (("digits", "val", []), "no backbone named"),
        (("digits", "val", ["alpha", "alpha"]), "named twice"),
    ],
)
def test_unknown_names_are_named(make_version, root, asked, said):
    make_version(root, splits=("val",))
    with pytest.raises(FuseboardError, match=said):
        Store(root).blocks(*asked)


def test_several_versions_are_never_guessed_between(make_version, root):
    one = make_version(root)
    make_version(root, identity={"crop": 1})
    with pytest.raises(FuseboardError, match=r"has 2 versions"):
        Store(root).blocks("digits", "val", ["alpha"])
    chosen = Store(root, lambda: {"alpha": one.manifest.fingerprint}).blocks("digits", "val", ["alpha"])
    assert chosen.versions["alpha"].spec == one.spec


def test_a_vector_that_is_not_finite_is_named(make_version, root, monkeypatch):
    vectors = np.ones((20, 4), np.float32)
    vectors[11, 2] = np.nan
    monkeypatch.setattr("numpy.isfinite", lambda values: np.ones(np.shape(values), bool))
    make_version(root, vectors=vectors)
    monkeypatch.undo()
    with pytest.raises(FuseboardError, match=r"vector of id 11 holds NaN"):
        Store(root).blocks("digits", "val", ["alpha"])


def test_a_shard_is_checked_before_it_is_read(make_version, root):
    path = make_version(root).folder / "digits" / "val-00001-of-00002.parquet"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(FuseboardError, match=r"truncated"):
        Store(root).blocks("digits", "val", ["alpha"])


def test_sql_sees_every_view(make_version, root):
    make_version(root)
    make_version(root, "beta", dataset="chestmnist", multi=14, splits=("val",))
    answer = Store(root).sql(
        "SELECT backbone, split, count(*), count(label), count(labels) FROM embeddings GROUP BY ALL ORDER BY ALL"
    )
    assert answer.fetchall() == [
        ("alpha", "test", 20, 20, 0),
        ("alpha", "train", 20, 20, 0),
        ("alpha", "val", 20, 20, 0),
        ("beta", "val", 20, 0, 20),
    ]
    assert Store(root).sql("SELECT sum(rows) FROM shards").fetchall() == [(80,)]
    assert Store(root).sql("SELECT backbone, dim FROM versions ORDER BY 1").fetchall() == [("alpha", 4), ("beta", 4)]
    assert Store(root).sql("SELECT count(*) FROM results").fetchall() == [(0,)]


def test_sql_on_an_empty_store(root):
    assert Store(root).sql("SELECT count(*) FROM embeddings").fetchall() == [(0,)]


@pytest.mark.parametrize(
    "query",
    [
        "COPY (SELECT 1) TO '/tmp/fuseboard-test.csv'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "ATTACH '/tmp/fuseboard-test.db'",
        "CREATE TABLE t AS SELECT 1",
        "DROP VIEW embeddings",
        "SET enable_external_access = true",
        "PRAGMA database_list",
        "SELECT 1; SELECT 2",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM read_parquet('https://localhost:1/x.parquet')",
        "SELEC 1",
        "SELECT nothing FROM embeddings",
        "",
    ],
)
def test_sql_can_change_nothing_and_leave_nowhere(make_version, root, query):
    make_version(root)
    with pytest.raises(UsageError, match=r"^SQL: ") as caught:
        Store(root).sql(query).fetchall()
    assert "\n" not in str(caught.value)
    assert not list(Path("/tmp").glob("fuseboard-test*"))


def test_sql_cannot_leave_the_store_by_its_parent(make_version, root):
    make_version(root)
    (root.parent / "secret.txt").write_text("secret")
    with pytest.raises(UsageError, match=r"^SQL: "):
        Store(root).sql(f"SELECT * FROM read_text('{root}/../secret.txt')").fetchall()
