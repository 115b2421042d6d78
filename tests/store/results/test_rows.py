import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuseboard.store.embeddings import manifest
from fuseboard.store.files.damage import DamagedFileWarning
from fuseboard.store.results import compaction
from fuseboard.store.results import rows as results
from fuseboard.store.results.rows import Inputs, Result
from fuseboard.store.store import Store

INPUTS = {
    "evaluation": "search",
    "protocol": "starter",
    "protocol_digest": "p",
    "dataset": "digits",
    "source_md5": "m",
    "split": "val",
    "subset": ("alpha", "beta"),
    "fingerprints": ("1", "2"),
    "fusion": "concatenation",
    "classifier": "xgboost",
    "seed": 0,
}


def row(auc=0.5, scores=((0.25, 0.75),), **inputs):
    return Result(
        inputs=Inputs(**{**INPUTS, **inputs}),
        selection=("acc", "backbones"),
        auc=auc,
        acc=0.123456789012345,
        rows=1,
        features=8,
        fit_s=1.5,
        predict_s=None,
        peak_rss_mb=None,
        peak_vram_mb=None,
        jobs=1,
        device="cpu",
        hardware="a cpu",
        libraries={"b": "2", "a": "1"},
        created=manifest.now(),
        scores=[list(s) for s in scores] if scores else None,
    )


def small_files(root):
    return sorted(results.folder_of(root, "search", "digits").glob("*.parquet"))


def test_what_is_kept_is_read_back_in_full_precision(root):
    kept = row()
    results.keep(root, [kept, row(split="test")])
    frame = results.read(root, scores=True)
    assert frame["split"].to_list() == ["test", "val"]
    back = frame.row(1, named=True)
    assert back["key"] == kept.inputs.key
    assert back["acc"] == 0.123456789012345
    assert back["subset"] == ["alpha", "beta"]
    assert back["scores"] == [[0.25, 0.75]]
    assert back["libraries"] == '{"a": "1", "b": "2"}'
    assert back["created"] == kept.created
    assert "scores" not in results.read(root).columns
    assert Store(root).known_keys("search", "digits") == set(frame["key"])


def test_a_store_knows_the_rows_that_others_keep_meanwhile(root):
    mine, theirs = Store(root), Store(root)
    mine.keep([row(split="val")])
    theirs.keep([row(split="test")])
    assert mine.known_keys("search", "digits") == {row(split=split).inputs.key for split in ("val", "test")}
    assert set(mine.rows("search", "digits")["split"]) == {"val", "test"}
    theirs.compact("search", "digits", [row(split="val").inputs.key])
    kept = mine.rows("search", "digits", scores=True)
    assert kept.filter(split="val")["scores"].is_null().all(), "predictions are as they are now"


def test_an_empty_store_has_no_rows(root):
    assert results.read(root).is_empty()
    assert Store(root).known_keys("search", "digits") == set()


def test_a_row_is_there_once_and_the_copy_with_predictions_wins(root):
    results.keep(root, [row(scores=None)])
    first = small_files(root)[0]
    first.rename(first.with_name("a.parquet"))
    results.keep(root, [row()])
    frame = results.read(root, scores=True)
    assert frame.height == 1
    assert frame["scores"].to_list() == [[[0.25, 0.75]]]


def test_compact_joins_files_and_drops_the_predictions_of_the_losers(root):
    rows = [row(seed=seed) for seed in range(3)]
    for each in rows:
        results.keep(root, [each])
    before = results.read(root)
    compaction.compact(root, "search", "digits", {rows[0].inputs.key, rows[2].inputs.key})
    assert len(small_files(root)) == 1
    assert results.read(root).equals(before)
    kept = results.read(root, scores=True).filter(pl.col("scores").is_not_null())
    assert kept["seed"].to_list() == [1]
    stamp = small_files(root)[0].stat().st_mtime_ns
    compaction.compact(root, "search", "digits", {rows[0].inputs.key, rows[2].inputs.key})
    assert small_files(root)[0].stat().st_mtime_ns == stamp


def test_compact_keeps_predictions_that_an_earlier_search_kept(root):
    rows = [row(seed=seed) for seed in range(3)]
    results.keep(root, [rows[0]])
    compaction.compact(root, "search", "digits")  # a search of one fit, whose finalist it is
    for each in rows[1:]:
        results.keep(root, [each])
    compaction.compact(root, "search", "digits", {each.inputs.key for each in rows})
    kept = results.read(root, scores=True).filter(pl.col("scores").is_not_null())
    assert kept["seed"].to_list() == [0]
    assert len(small_files(root)) == 1


def test_killed_while_compacting_loses_and_doubles_nothing(root, monkeypatch):
    for seed in range(3):
        results.keep(root, [row(seed=seed)])
    before = results.read(root)

    def killed(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("pathlib.Path.unlink", killed)
    with pytest.raises(KeyboardInterrupt):
        compaction.compact(root, "search", "digits")
    monkeypatch.undo()
    assert results.read(root).equals(before)
    compaction.compact(root, "search", "digits")
    assert results.read(root).equals(before)
    assert len(small_files(root)) == 1


@pytest.mark.parametrize("damage", [lambda d: b"", lambda d: d[:-7], lambda d: b"<html>" + d])
def test_a_corrupted_file_names_itself(root, damage):
    results.keep(root, [row()])
    path = small_files(root)[0]
    path.write_bytes(damage(path.read_bytes()))
    with pytest.warns(DamagedFileWarning, match=path.name) as caught:
        assert len(results.read(root)) == 0
    assert "\n" not in str(caught[0].message)


def test_a_temporary_file_is_not_read(root):
    results.keep(root, [row()])
    (small_files(root)[0].parent / ".tmp-x.parquet").write_text("half")
    assert results.read(root).height == 1


@given(st.sampled_from(sorted(INPUTS)))
def test_any_changed_input_is_another_key(name):
    value = INPUTS[name]
    changed = value + 1 if isinstance(value, int) else (*value, "x") if isinstance(value, tuple) else f"{value}x"
    assert Inputs(**{**INPUTS, name: changed}).key != Inputs(**INPUTS).key
    assert Inputs(**INPUTS).key == Inputs(**INPUTS).key


def test_a_missing_metric_needs_a_reason():
    with pytest.raises(ValueError, match=r"needs a reason"):
        row(auc=None)
