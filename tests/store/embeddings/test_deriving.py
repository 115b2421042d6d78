"""Derived versions as the store keeps them: codes, the transform beside the manifest, what every reader gets."""

import json

import duckdb
import numpy as np
import pyarrow.parquet as pq
import pytest

from fuseboard.store.embeddings import (
    block,
    dataset_card,
    derived,
    deriving,
    history,
    licence,
    manifest,
    shards,
    transform_file,
)
from fuseboard.store.embeddings.aligned_batches import read as side_by_side
from fuseboard.store.embeddings.coding import Coding, bytes_per_image
from fuseboard.store.embeddings.derived import Recipe
from fuseboard.store.embeddings.transform import Step, Transform
from fuseboard.store.embeddings.verify import verify
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.store import Store

RNG = np.random.default_rng(0)
PCA = Step(
    "pca",
    {
        "mean": RNG.normal(size=(1, 20)).astype(np.float32),
        "components": np.linalg.qr(RNG.normal(size=(20, 11)))[0].T.astype(np.float32),
    },
)
BINARY = Step("binary", {"threshold": RNG.normal(size=(1, 20)).astype(np.float32) / 5})


def int8(dim):
    scale = RNG.uniform(0.01, 0.04, size=(1, dim)).astype(np.float32)
    scale[0, 3] = 0
    return Step("int8", {"offset": RNG.normal(size=(1, dim)).astype(np.float32), "scale": scale})


MADE = {
    Recipe(11): Transform((PCA,)),
    Recipe(None, "int8"): Transform((int8(20),)),
    Recipe(None, "binary"): Transform((BINARY,)),
    Recipe(11, "int8"): Transform((PCA, int8(11))),
}


def derive(root, source, recipe):
    own = deriving.identity(source, "digits")
    return deriving.keep(root, source, "digits", recipe, own, MADE[recipe])[0]


@pytest.fixture(params=MADE, ids=lambda recipe: recipe.suffix)
def recipe(request):
    return request.param


@pytest.mark.parametrize("kind", [{}, {"dtype": "float16"}, {"multi": 3}], ids=str)
def test_every_reader_gets_what_the_transform_makes_of_the_source(make_version, root, recipe, kind):
    source = make_version(root, dim=20, **kind)
    version = derive(root, source, recipe)
    store = Store(root)
    assert version.manifest.backbone == f"alpha{recipe.suffix}"
    for split in manifest.SPLITS:
        before = block.read(source, "digits", split)
        wanted = MADE[recipe].apply(before.matrix)
        found = block.read(version, "digits", split)
        assert np.array_equal(found.matrix, wanted)
        assert np.array_equal(found.ids, before.ids)
        assert np.array_equal(found.labels, before.labels)
        both = {"a": version, "b": source}
        batches = list(side_by_side(both, "digits", split, ["a"], 7))
        assert np.array_equal(np.concatenate([part["a"] for part in batches]), wanted)
        query = f"SELECT embedding FROM embeddings WHERE fingerprint = '{version.folder.name}' AND split = '{split}'"
        rows = store.sql(f"{query} ORDER BY id").fetchnumpy()["embedding"]
        np.testing.assert_allclose(np.stack(list(rows)), wanted, rtol=1e-6)
    assert verify(root).findings == ()


def test_codes_are_plain_parquet_of_their_size(make_version, root):
    source = make_version(root, dim=20, rows=4_000, parts=1)
    for coding, form, dtype in (("int8", "TINYINT[20]", np.int8), ("binary", "UTINYINT[3]", np.uint8)):
        recipe = Recipe(None, coding)
        version = derive(root, source, recipe)
        path, shard = next(iter(version.shards("digits", "train").items()))
        column = pq.read_table(path)["embedding"].combine_chunks().flatten().to_numpy()
        assert column.dtype == dtype
        first = duckdb.sql(f"SELECT embedding::{form} AS codes FROM '{path}' ORDER BY id LIMIT 1").fetchall()[0][0]
        assert list(first) == column[: len(first)].tolist()
        assert shard.bytes < 4_000 * (bytes_per_image(version.manifest.dtype, 20) + 8)
        assert form in (version.folder / dataset_card.FILE).read_text()


def test_bits_and_bytes_by_hand():
    binary = Coding("binary", 10, threshold=np.zeros(10, np.float32))
    vector = np.array([[1, -1, 0, 5, -2, 3, 3, -3, 9, -9]], np.float32)
    assert binary.encode(vector).tolist() == [[0b10010110, 0b10000000]]
    assert binary.decode(binary.encode(vector)).tolist() == [[1, -1, -1, 1, -1, 1, 1, -1, 1, -1]]
    scale, offset = np.array([0.5, 0, 1], np.float32), np.array([1, 7, 0], np.float32)
    int8 = Coding("int8", 3, scale, offset)
    assert int8.encode(np.array([[1.3, 99, 500]], np.float32)).tolist() == [[1, 0, 127]]
    assert int8.decode(np.array([[1, 0, 127]], np.int8)).tolist() == [[1.5, 7, 127]]


def test_deriving_again_changes_nothing_and_makes_the_same_bits_elsewhere(make_version, root, tmp_path, recipe):
    source = make_version(root, dim=20)
    version = derive(root, source, recipe)
    before = {p: p.stat().st_mtime_ns for p in version.folder.rglob("*.parquet")}
    again, changed = deriving.keep(root, source, "digits", recipe, deriving.identity(source, "digits"), MADE[recipe])
    assert (again, changed) == (version, False)
    assert {p: p.stat().st_mtime_ns for p in version.folder.rglob("*.parquet")} == before
    other = derive(tmp_path / "other", make_version(tmp_path / "other", dim=20), recipe)
    assert other.manifest.fingerprint == version.manifest.fingerprint
    assert [s.sha256 for *_, s in other.manifest.shards()] == [s.sha256 for *_, s in version.manifest.shards()]


def test_everything_that_decides_the_vectors_is_in_the_fingerprint(make_version, root):
    made = []
    for name, dim in (("alpha", 20), ("beta", 20)):
        source = make_version(root, name, dim=dim)
        own = deriving.identity(source, "digits")
        made += [derive(root, source, recipe).manifest.fingerprint for recipe in MADE]
        nudged = Step("binary", {"threshold": np.nextafter(BINARY.arrays["threshold"], np.float32(9))})
        made.append(
            deriving.keep(root, source, "digits", Recipe(None, "binary"), own, Transform((nudged,)))[0].folder.name
        )
    assert len(set(made)) == 10


def test_licence_source_and_history_are_the_sources(make_version, root):
    about = {"licence": "CC-BY-NC-4.0", "redistribution": "hash", "title": "Alpha"}
    source = make_version(root, dim=20, about=about, identity={"source": {"loader": "hog"}})
    version = derive(root, source, Recipe(11, "int8"))
    assert derived.source_of(version.manifest) == ("alpha", source.manifest.fingerprint)
    assert (version.manifest.about.licence, version.manifest.about.redistribution) == ("CC-BY-NC-4.0", "hash")
    assert version.manifest.about.title == "Alpha, PCA to 11 numbers, one byte per number"
    assert licence.holds_image(version.folder, version.manifest), "a smaller picture is a picture"
    with pytest.raises(FuseboardError, match="is not published"):
        licence.allow(version, private=True)
    assert history.origins(history.read(version.folder)) == [f"derived from {source.spec}"]


def test_derived_versions_are_meant_only_where_they_are_named(make_version, root):
    source = make_version(root, dim=20)
    make_version(root, "beta")
    for recipe in MADE:
        derive(root, source, recipe)
    store = Store(root)
    assert list(store.versions_of("digits")) == ["alpha", "beta"]
    assert list(store.versions_of("digits", ["beta", "alpha-int8"])) == ["alpha-int8", "beta"]


def test_of_several_the_one_whose_source_is_meant_is_meant(make_version, root):
    old, new = (make_version(root, dim=20, identity={"revision": n}) for n in (1, 2))
    recipe = Recipe(None, "int8")
    first, second = (derive(root, source, recipe) for source in (new, old))
    with pytest.raises(FuseboardError, match="alpha-int8 has 2 versions"):
        Store(root).version("alpha-int8")
    store = Store(root, lambda: {"alpha": new.manifest.fingerprint})
    assert store.version("alpha-int8") == first
    assert [store.current.is_current(one.manifest) for one in (first, second)] == [True, False]


def test_derived_of_two_datasets_are_both_current(make_version, root):
    source = make_version(root, dim=20)
    make_version(root, dim=20, dataset="more")
    source = Store(root).version(source.spec)
    made = [
        deriving.keep(root, source, name, Recipe(11), deriving.identity(source, name), MADE[Recipe(11)])[0]
        for name in ("digits", "more")
    ]
    store = Store(root, lambda: {"alpha": source.manifest.fingerprint})
    assert [store.current.is_current(one.manifest) for one in made] == [True, True]
    assert [store.version("alpha-pca11", name) for name in ("digits", "more")] == made


def test_names_say_what_was_done():
    for recipe in MADE:
        assert derived.named(f"my-model-v2{recipe.suffix}") == ("my-model-v2", recipe)
    for name in ("alpha", "alpha-pca", "alpha-pca0", "int8"):
        assert derived.named(name) == (name, None)


def test_a_transform_that_is_not_that_of_the_fingerprint_is_refused(make_version, root):
    source = make_version(root, dim=20)
    version = derive(root, source, Recipe(None, "int8"))
    path = version.folder / transform_file.FILE
    path.write_bytes(transform_file.dump(Transform((int8(20),))))
    with pytest.raises(FuseboardError, match=r"transform\.parquet: another transform than alpha-int8 was made with"):
        block.read(version, "digits", "val")
    assert block.read(version, "digits", "val", vectors=False).matrix.shape == (20, 0)
    assert [f.file for f in verify(root).findings] == [transform_file.FILE]
    path.unlink()
    with pytest.raises(FuseboardError, match=r"not there, and alpha-int8@"):
        block.read(version, "digits", "val")


@pytest.mark.parametrize(
    "fault",
    [
        lambda text: b"",
        lambda text: text[: len(text) // 2],
        lambda text: transform_file.dump(Transform((BINARY, PCA))),
        lambda text: transform_file.dump(Transform((PCA, int8(12)))),
        lambda text: transform_file.dump(
            Transform((Step("binary", {"threshold": np.full((1, 4), np.nan, np.float32)}),))
        ),
        lambda text: transform_file.dump(Transform(())),
    ],
)
def test_a_file_that_is_no_transform_is_refused_in_one_line(fault):
    text = transform_file.dump(MADE[Recipe(11)])
    assert transform_file.parse(text, "here").sha256 == MADE[Recipe(11)].sha256
    with pytest.raises(FuseboardError, match=r"^here: no transform") as error:
        transform_file.parse(fault(text), "here")
    assert "\n" not in str(error.value)


def test_verify_holds_derived_vectors_against_their_source(make_version, root, recipe):
    source = make_version(root, dim=20)
    version = derive(root, source, recipe)
    path, shard = next(iter(version.shards("digits", "val").items()))
    table = pq.read_table(path)
    other = block.read(source, "digits", "train").matrix[: table.num_rows]
    facts = json.loads(table.schema.metadata[b"fuseboard"])
    ids, labels = table["id"].to_numpy(), table["label"].to_numpy()
    changed = shards.write(path, ids, labels, MADE[recipe].stored(other), facts)
    own = json.loads((version.folder / manifest.FILE).read_text())
    for one in own["datasets"]["digits"]["splits"]["val"]["shards"]:
        if one["file"] == shard.file:
            one |= {"bytes": changed.bytes, "sha256": changed.sha256}
    (version.folder / manifest.FILE).write_text(json.dumps(own))
    [found] = verify(root).findings
    assert (found.split, found.file) == ("val", shard.file)
    assert f"not what {source.spec} makes" in found.problem


def test_the_source_of_a_derived_version_is_no_derived_one(make_version, root):
    version = derive(root, make_version(root, dim=20), Recipe(11))
    with pytest.raises(UsageError, match=r"say `store derive alpha --pca 11 --int8`"):
        derived.refuse_chain(version.manifest, Recipe(None, "int8"))
    with pytest.raises(UsageError, match=r"alpha-pca11 is derived from alpha itself"):
        derived.refuse_chain(version.manifest, Recipe(5))
