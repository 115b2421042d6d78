"""Similarities in the store: what is measured once, kept whole, and named when two backbones may be one."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from fuseboard.store.embeddings import aligned_batches, block, manifest
from fuseboard.store.embeddings.manifest import Import, Manifest
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.files.damage import DamagedFileWarning
from fuseboard.store.results import similarity as comparison
from fuseboard.store.results import similarity_rows
from fuseboard.store.results.similarity import compare
from fuseboard.store.results.similarity_rows import Similarity
from fuseboard.store.statistics import cka
from fuseboard.store.statistics.cka import linear_cka
from fuseboard.store.store import Store

Make = Callable[..., Version]


@pytest.fixture
def made(root: Path, make_version: Make) -> dict[str, Version]:
    return {name: make_version(root, name, dim=dim) for name, dim in (("alpha", 4), ("beta", 6), ("gamma", 3))}


def files(root: Path) -> list[Path]:
    return sorted(similarity_rows.folder_of(root, "digits").iterdir())


def refused(*_: object, **__: object) -> None:
    pytest.fail("a shard was read")


def row(**changes: object) -> Similarity:
    facts = {
        "dataset": "digits",
        "split": "test",
        "source_md5": "0" * 32,
        "images": 9,
        "backbone": "alpha",
        "fingerprint": "a" * 32,
        "other": "beta",
        "other_fingerprint": "b" * 32,
        "cka": 0.5,
        "created": manifest.now(),
    }
    return Similarity.model_validate({**facts, **changes})


def test_every_pair_is_measured_as_in_memory_and_kept(root: Path, made: dict[str, Version]) -> None:
    asked: list[int] = []
    rows = compare(root, "digits", made, asked.append)
    assert [(r.backbone, r.other) for r in rows] == [("alpha", "beta"), ("alpha", "gamma"), ("beta", "gamma")]
    for each in rows:
        one, other = (block.read(made[name], "digits", "test").matrix for name in (each.backbone, each.other))
        assert each.cka == pytest.approx(linear_cka(one, other).value, abs=1e-13)
        assert (each.images, each.split, each.source_md5, each.reason) == (20, "test", "0" * 32, None)
        assert each.fingerprint == made[each.backbone].manifest.fingerprint
        assert each.other_fingerprint == made[each.other].manifest.fingerprint
        assert set(each.libraries) == {"python", "numpy", "pyarrow"}
    assert similarity_rows.read(root) == rows
    assert asked == [3]
    assert len(files(root)) == 1
    record = pq.read_table(files(root)[0]).to_pylist()[0]
    assert list(record) == list(similarity_rows.SCHEMA)
    assert record["cka"] == rows[0].cka, "at full precision"
    assert json.loads(record["libraries"])["numpy"] == np.__version__


def test_what_is_kept_is_not_measured_again(
    root: Path, made: dict[str, Version], make_version: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, before = compare(root, "digits", made), [path.read_bytes() for path in files(root)]
    with monkeypatch.context() as patch:
        patch.setattr(aligned_batches, "read", refused)
        patch.setattr(aligned_batches, "verify", refused)
        assert compare(root, "digits", made) == rows
        assert compare(root, "digits", {n: made[n] for n in ("alpha", "gamma")}) == rows[1:2]
    assert [path.read_bytes() for path in files(root)] == before
    asked: list[int] = []
    more = compare(root, "digits", {**made, "delta": make_version(root, "delta")}, asked.append)
    assert asked == [3]
    assert len(more) == 6
    assert [r for r in more if "delta" not in (r.backbone, r.other)] == rows, "not measured again"


def test_another_version_or_other_images_are_another_pair(root: Path, make_version: Make, made: dict) -> None:
    compare(root, "digits", made)
    asked: list[int] = []
    newer = make_version(root, "alpha", identity={"revision": 2})
    compare(root, "digits", {**made, "alpha": newer}, asked.append)
    assert asked == [2]
    assert len({row(**{name: changed}).key for name, changed in (
        ("dataset", "other"), ("split", "val"), ("source_md5", "1" * 32), ("images", 8), ("fingerprint", "c" * 32),
        ("other_fingerprint", "c" * 32), ("backbone", "aleph"), ("other", "bet"), ("cka", 0.5),
    )}) == 9  # fmt: skip
    assert row().key == row(cka=None, reason="no", libraries={"numpy": "3"}).key


def test_a_pass_that_ends_badly_leaves_the_passes_before_it(
    root: Path, made: dict[str, Version], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cka, "BOUND", 1)  # one product at a time
    keep, count = similarity_rows.keep, []

    def dying(*arguments: object) -> None:
        count.append(1)
        if len(count) == 3:
            raise KeyboardInterrupt
        keep(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(similarity_rows, "keep", dying)
    with pytest.raises(KeyboardInterrupt):
        compare(root, "digits", made)
    assert len(similarity_rows.read(root)) == 2
    asked: list[int] = []
    assert len(compare(root, "digits", made, asked.append)) == 3
    assert asked == [1]


def test_nothing_half_written_is_ever_read(
    root: Path, made: dict[str, Version], monkeypatch: pytest.MonkeyPatch
) -> None:
    write = pq.write_table

    def half(table: object, path: Path, **options: object) -> None:
        write(table, path, **options)
        path.write_bytes(path.read_bytes()[:100])
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(pq, "write_table", half)
        with pytest.raises(KeyboardInterrupt):
            compare(root, "digits", made)
    assert files(root) == []
    (similarity_rows.folder_of(root, "digits") / ".tmp-killed.parquet").write_bytes(b"PAR1")
    assert similarity_rows.read(root) == []
    assert len(compare(root, "digits", made)) == 3


@pytest.mark.parametrize("damage", ["cut", "empty", "columns", "value", "type", "reason", "pair", "place"])
def test_a_damaged_file_is_one_clear_line(root: Path, made: dict[str, Version], damage: str) -> None:
    compare(root, "digits", made)
    [path] = files(root)
    table = pq.read_table(path)

    def put(name: str, values: list[object]) -> None:
        import pyarrow as pa

        pq.write_table(table.set_column(table.schema.get_field_index(name), name, pa.array(values)), path)

    match damage:
        case "cut":
            path.write_bytes(path.read_bytes()[:-9])
        case "empty":
            path.write_bytes(b"")
        case "columns":
            pq.write_table(table.drop_columns("cka"), path)
        case "value":
            put("cka", [0.1, float("nan"), 0.2])
        case "type":
            put("cka", ["0.1", "x", "0.2"])
        case "reason":
            put("cka", [0.1, None, 0.2])
        case "pair":
            put("other", ["alpha", "beta", "gamma"])
        case "place":
            put("dataset", ["elsewhere"] * 3)
    with pytest.warns(DamagedFileWarning) as caught:
        assert similarity_rows.read(root) == []
    said = str(caught[0].message).removesuffix("; what it holds is left out")
    assert said.startswith(f"{path}: not a readable similarity file (")
    assert said.endswith("delete it and run `fuseboard similarity digits` again")
    assert "\n" not in said


def test_the_newest_of_two_copies_counts(root: Path) -> None:
    old = row(created="2020-01-01T00:00:00Z", cka=0.1)
    similarity_rows.keep(root, [row(), row(other="gamma")])
    similarity_rows.keep(root, [old])
    assert [r.cka for r in similarity_rows.read(root)] == [0.5, 0.5]


def test_a_damaged_shard_is_found_before_anything_is_measured(root: Path, made: dict[str, Version]) -> None:
    path = next(iter(made["beta"].shards("digits", "test")))
    content = bytearray(path.read_bytes())
    content[50] ^= 1
    path.write_bytes(content)
    with pytest.raises(FuseboardError, match="the shard is damaged"):
        compare(root, "digits", made)
    assert similarity_rows.read(root) == []


def test_missing_is_null_with_a_reason(root: Path, make_version: Make) -> None:
    few = {name: make_version(root, name, rows=3, parts=1, dataset="few") for name in ("alpha", "beta")}
    [pair] = compare(root, "few", few)
    assert (pair.cka, pair.reason) == (None, "3 images; the estimator wants at least 4")
    made = {
        "alpha": make_version(root, "alpha"),
        "flat": make_version(root, "flat", vectors=np.full((20, 4), 0.3)),
        "half": make_version(root, "half", vectors=np.full((20, 4), 0.3), dtype="float16"),
    }
    rows = compare(root, "digits", made)
    assert [r.cka for r in rows] == [None] * 3
    assert [r.reason for r in rows] == [f"{n} has the same vector for all images" for n in ("flat", "half", "flat")]
    with pytest.raises(ValueError, match="either a CKA or the reason"):
        row(cka=None)


def imported(version: Version, source: str) -> Version:
    """A version whose ids are positions in somebody's cache."""
    entry = version.manifest.datasets["digits"]
    split = entry.splits["test"].model_copy(
        update={"imported": Import(source=source, file="f", sha256="0" * 64, order="unknown", proof="none")}
    )
    entry = entry.model_copy(update={"splits": {**entry.splits, "test": split}})
    found: Manifest = version.manifest.model_copy(update={"datasets": {"digits": entry}})
    return Version(version.folder, found)


def test_rows_in_an_unknown_order_are_compared_among_themselves(root: Path, made: dict[str, Version]) -> None:
    mixed = {name: imported(v, "a cache") if name != "alpha" else v for name, v in made.items()}
    found = {(r.backbone, r.other): r for r in compare(root, "digits", mixed)}
    assert found["beta", "gamma"].cka is not None
    for other in ("beta", "gamma"):
        assert found["alpha", other].cka is None
        assert f"the row order of {other} is unknown (imported from a cache)" in str(found["alpha", other].reason)


def test_the_alarm_names_two_backbones_that_may_be_one(root: Path, make_version: Make) -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(200, 6))
    rotation, _ = np.linalg.qr(rng.normal(size=(6, 6)))
    made = {
        "alpha": make_version(root, "alpha", dim=6, rows=200, vectors=vectors),
        "again": make_version(root, "again", dim=6, rows=200, vectors=vectors.astype(np.float16)),
        "turned": make_version(root, "turned", dim=6, rows=200, vectors=9 * vectors @ rotation, dtype="float16"),
        "tuned": make_version(root, "tuned", dim=6, rows=200, vectors=vectors + rng.normal(0, 0.1, (200, 6))),
    }
    rows = compare(root, "digits", made)
    alarms = [r.alarm for r in rows if r.alarm]
    assert len(alarms) == 3
    assert all("these may be the same weights under two names (look at `source` on the cards)" in a for a in alarms)
    tuned = [r for r in rows if "tuned" in (r.backbone, r.other)]
    assert all(0.9 < (r.cka or 0) < cka.TWIN for r in tuned), "fine-tuned weights are alike and no twins"


def test_where_the_alarm_begins() -> None:
    assert row(cka=cka.TWIN).alarm is None
    assert row(cka=np.nextafter(cka.TWIN, 1)).alarm is not None
    assert row(cka=None, reason="none").alarm is None


def test_versions_of_one_backbone_are_no_pair(root: Path, make_version: Make) -> None:
    for dtype in ("float32", "float16"):
        make_version(root, "alpha", identity={"precision": dtype}, dtype=dtype)
    make_version(root, "beta")
    with pytest.raises(FuseboardError, match="alpha has 2 versions"):
        Store(root).versions_of("digits")
    current = next(path.name for path in (root / "embeddings" / "alpha").iterdir())
    versions = Store(root, lambda: {"alpha": current}).versions_of("digits")
    assert versions["alpha"].manifest.fingerprint == current
    assert [(r.backbone, r.other) for r in compare(root, "digits", versions)] == [("alpha", "beta")]
    with pytest.raises(UsageError, match="a pair wants two backbones, not 1"):
        compare(root, "digits", {"alpha": versions["alpha"]})
    with pytest.raises(ValueError, match="differ and are in the order"):
        row(other="alpha")


def test_together_refuses_what_cannot_be_compared(root: Path, made: dict[str, Version], make_version: Make) -> None:
    assert list(Store(root).versions_of("digits", ["gamma", "alpha"])) == ["alpha", "gamma"]
    with pytest.raises(UsageError, match="named twice"):
        Store(root).versions_of("digits", ["alpha", "alpha"])
    with pytest.raises(FuseboardError, match="holds no embeddings of mnist; run `fuseboard extract BACKBONE"):
        Store(root).versions_of("mnist")
    make_version(root, "delta", dataset="mnist")
    with pytest.raises(FuseboardError, match="delta has no embeddings of digits"):
        Store(root).versions_of("digits", ["alpha", "delta"])
    own = made["beta"].folder / manifest.FILE
    own.write_text(own.read_text().replace('"source_md5": "0', '"source_md5": "1'))
    with pytest.raises(FuseboardError, match="gamma and beta embedded different source files of digits"):
        Store(root).versions_of("digits")


def test_a_missing_test_split_is_named(root: Path, made: dict[str, Version], make_version: Make) -> None:
    with pytest.raises(FuseboardError, match="delta has no test split of digits"):
        compare(root, "digits", {**made, "delta": make_version(root, "delta", splits=("train",))})
    shutil.rmtree(root)
    assert similarity_rows.read(root) == []
    assert comparison.SPLIT == "test"
