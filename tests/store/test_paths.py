"""A store answers the same wherever it lies: its path is neither a pattern nor a column of its rows."""

import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fuseboard.store.embeddings import corruptions, manifest
from fuseboard.store.embeddings.corruptions import Condition
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import UsageError
from fuseboard.store.results import compaction, predictions, similarity_rows
from fuseboard.store.results import rows as results
from fuseboard.store.results.rows import Inputs, Result
from fuseboard.store.results.similarity_rows import Similarity
from fuseboard.store.store import Store
from tests.store.conftest import make
from tests.store.embeddings.test_corruptions import CLEAN, IMAGES, VECTORS, corrupted

Make = Callable[..., Version]

COLUMNS = ("label=7", "id=9", "embedding=1", "split=x", "corruption=fog", "severity=5", "auc=1", "key=k", "cka=0")
PATTERNS = ("s[1]", "s?", "*", "**", "[!a]1", "[", "[[]", "s[0-9]", "{s1,s2}", "é[e]", "\\[1]", "s[1]\\")
OTHERS = (
    "a'b",
    'a"b',
    "a\nb",
    "a%20b",
    "a#b",
    "~",
    "$HOME",
    "é",
    "e\u0301",
    "a\\b",
    "a:b",
    "hf:",
    "-x",
    ";",
    "--",
    " ",
)
DECOYS = ("s1", "s2", "1", "e", "b1", "\\1")
"""Folders beside, which the patterns fit."""

PARTS = st.text(st.sampled_from("[]*?!-=\\'\"#%~{}$:;,é\n a1s"), min_size=1, max_size=8).filter(
    lambda text: text not in (".", "..")
)


def row(auc: float, split: str = "test") -> Result:
    return Result(
        inputs=Inputs(
            evaluation="fusion",
            protocol="starter",
            protocol_digest="p",
            dataset="digits",
            source_md5="0" * 32,
            split=split,
            subset=("alpha",),
            fingerprints=("1",),
            fusion="concatenation",
            classifier="xgboost",
            seed=0,
        ),
        selection=("acc",),
        auc=auc,
        acc=auc,
        rows=2,
        features=4,
        fit_s=1,
        predict_s=1,
        peak_rss_mb=1,
        peak_vram_mb=None,
        jobs=1,
        device="cpu",
        hardware="a cpu",
        libraries={},
        created=manifest.now(),
        scores=[[auc, 1 - auc], [auc, 1 - auc]],
    )


def fill(root: Path, value: float) -> None:
    """A store whose every number is told by `value`."""
    make(root, rows=2, splits=("test",), parts=1, vectors=np.full((2, 4), value))
    results.keep(root, [row(value)])
    one = {"backbone": "alpha", "fingerprint": "a" * 32, "other": "beta", "other_fingerprint": "b" * 32}
    facts = {"dataset": "digits", "split": "test", "source_md5": "0" * 32, "images": 9, "created": manifest.now()}
    similarity_rows.keep(root, [Similarity.model_validate({**one, **facts, "cka": value})])


def answers(root: Path) -> list[object]:
    store = Store(root)
    found = store.blocks("digits", "test", ["alpha"])
    kept = store.rows("fusion", "digits")
    scores = predictions.of_one(root, "fusion", "digits", kept["key"][0])
    query = "SELECT id, label, embedding[1], embedding[4] FROM embeddings ORDER BY id"
    return [
        found.ids.tolist(),
        found.labels.tolist(),
        found.features["alpha"].tolist(),
        store.sql(query).fetchall(),
        store.sql("SELECT auc FROM results").fetchall(),
        kept["auc"].to_list(),
        None if scores is None else scores.tolist(),
        [each.cka for each in similarity_rows.read(root)],
    ]


def expected(value: float) -> list[object]:
    score = float(np.float32(value)), float(np.float32(1 - value))
    return [
        [0, 1],
        [0, 1],
        [[value] * 4] * 2,
        [(0, 0, value, value), (1, 1, value, value)],
        [(value,)],
        [value],
        [list(score)] * 2,
        [value],
    ]


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> dict[float, Path]:
    folder = tmp_path_factory.mktemp("stores")
    for value in (0.25, 0.75):
        fill(folder / str(value), value)
    return {value: folder / str(value) for value in (0.25, 0.75)}


def answers_at(stores: dict[float, Path], base: Path, *parts: str) -> list[object]:
    """What a store says at a path, beside others that a pattern would fit."""
    for decoy in DECOYS:
        if decoy != parts[0]:
            shutil.copytree(stores[0.25], base.joinpath(decoy, *parts[1:], "store"))
    root = base.joinpath(*parts, "store")
    shutil.copytree(stores[0.75], root)
    return answers(root)


@pytest.mark.parametrize("parts", [COLUMNS, OTHERS, *((name,) for name in PATTERNS)], ids="/".join)
def test_a_store_answers_the_same_wherever_it_lies(
    stores: dict[float, Path], tmp_path: Path, parts: tuple[str, ...]
) -> None:
    assert answers_at(stores, tmp_path, *parts) == expected(0.75)


@settings(max_examples=20, deadline=None)
@given(st.lists(PARTS, min_size=1, max_size=2))
@example(["[s]1", "label=7"])
def test_no_path_is_a_pattern_or_a_column(stores: dict[float, Path], parts: list[str]) -> None:
    with TemporaryDirectory() as base:
        assert answers_at(stores, Path(base), *parts) == expected(0.75)


@pytest.mark.parametrize("name", ["corruption=fog", "severity=5", "id=9", "s[1]", "s*"])
def test_corrupted_test_sets_are_read_from_their_own_path(tmp_path: Path, name: str) -> None:
    for more, folder in ((1.0, "s1"), (2.0, name)):
        version = corrupted(tmp_path / folder, more)
    first, second = corruptions.conditions(version, "chestmnist-c", IMAGES)[:2]
    assert (first, second) == (Condition("fog", 1, 0), Condition("fog", 2, IMAGES))
    read = corruptions.read(version, "chestmnist-c", second, CLEAN)
    np.testing.assert_array_equal(read, VECTORS[IMAGES : 2 * IMAGES] + 2)


@pytest.mark.parametrize("name", ["here", "[here]"])
def test_a_store_answers_by_a_path_with_dots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    fill(tmp_path / name / "store", 0.75)
    (tmp_path / "there").mkdir()
    monkeypatch.chdir(tmp_path / "there")
    assert answers(Path("..") / name / "store") == expected(0.75)


@pytest.mark.parametrize("name", ["s[1]", "plain"])
def test_sql_reads_nothing_outside_a_store_with_a_pattern_in_its_path(tmp_path: Path, name: str) -> None:
    root = tmp_path / name / "store"
    fill(root, 0.75)
    fill(tmp_path / "s1" / "store", 0.25)
    [other] = (tmp_path / "s1").rglob("test-*.parquet")
    around = f"{root}/../../s1/store/{other.relative_to(tmp_path / 's1' / 'store')}"
    for path in (other, around, f"literal://{other}", f"literal://{around}", f"literal:{other}"):
        with pytest.raises(UsageError, match=r"^SQL: "):
            Store(root).sql(f"SELECT * FROM read_parquet('{path}')").fetchall()
        with pytest.raises(UsageError, match=r"^SQL: "):
            Store(root).sql(f"SELECT * FROM read_text('{path}')").fetchall()


def test_a_name_with_a_pattern_names_no_other_dataset(tmp_path: Path) -> None:
    fill(tmp_path, 0.75)
    for asked in ("digit?", "d*", "[d]igits", "**"):
        assert Store(tmp_path).rows(dataset=asked).is_empty()
        assert Store(tmp_path).rows(evaluation=asked.replace("d", "f")).is_empty()
        assert similarity_rows.read(tmp_path, asked) == []
    assert len(Store(tmp_path).rows()) == len(similarity_rows.read(tmp_path)) == 1


def test_rows_are_joined_where_they_lie(tmp_path: Path) -> None:
    for folder, value in (("s1", 0.25), ("s[1]", 0.75)):
        results.keep(tmp_path / folder, [row(value)])
        results.keep(tmp_path / folder, [row(value, "val")])
        compaction.compact(tmp_path / folder, "fusion", "digits")
    assert results.read(tmp_path / "s[1]")["auc"].to_list() == [0.75, 0.75]
    [joined] = (tmp_path / "s[1]" / "results" / "fusion" / "digits").iterdir()
    shutil.copy(joined, tmp_path / "x.parquet")
    assert pl.read_parquet(tmp_path / "x.parquet", glob=False).height == 2
