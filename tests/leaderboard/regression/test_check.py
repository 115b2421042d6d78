"""What moved against the reference, and why."""

import csv
import shutil
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from fuseboard.leaderboard.published.verdicts import csv_file as verdict_file
from fuseboard.leaderboard.published.verdicts.verdicts import Verdict
from fuseboard.leaderboard.regression import check, reference
from fuseboard.leaderboard.regression.accept import accept
from fuseboard.leaderboard.regression.metrics import accuracy, auc
from fuseboard.leaderboard.regression.recompute import recompute
from fuseboard.store import installation
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.results import rows as results
from fuseboard.store.store import Store
from tests.leaderboard.conftest import TinyStore

LABELS = np.arange(12, dtype=np.uint16) % 3


def measured(draw):
    """Predictions drawn by a seed, and the metrics that they really have."""
    scores = np.random.default_rng(draw).random((12, 3)).astype(np.float32)
    return (
        auc("multi-class", LABELS, scores.astype(float)),
        accuracy("multi-class", LABELS, scores.astype(float)),
    ), scores


def put(store, subset, draw, **changes):
    metrics, scores = measured(draw)
    store.measure(subset, metrics, metrics, scores=scores.tolist(), **changes)


def as_measured(store, dataset, protocol, subset):
    """A fit that gives what the store has."""
    rows = store.rows("fusion", dataset).filter(protocol=protocol).to_dicts()
    newest = sorted((row for row in rows if tuple(row["subset"]) == subset), key=lambda row: row["created"])
    return {row["split"]: {"auc": row["auc"], "acc": row["acc"]} for row in newest}


@pytest.fixture(scope="module")
def accepted_once(tmp_path_factory):
    """A folder with what `accepted` is a copy of: the store, and the names of the files of its reference."""
    place = tmp_path_factory.mktemp("accepted")
    store = TinyStore(place / "store")
    for name in ("alpha", "beta"):
        store.embed(name, labels=LABELS)
    for draw, subset in enumerate((("alpha",), ("beta",), ("alpha", "beta"))):
        put(store, subset, draw)
    return place, [path.name for path in accept(store.opened, place / "reference")]


@pytest.fixture
def accepted(accepted_once, store, tmp_path):
    """Two backbones and three subsets, and the reference made of them; `check` holds the store against it."""
    place, names = accepted_once
    shutil.copytree(place / "store", store.root)
    store.folder = shutil.copytree(place / "reference", tmp_path / "reference")
    store.files = [store.folder / name for name in names]
    store.check = lambda refit=as_measured: check.check(store.opened, store.folder, refit)
    return store


def problem(report):
    return [(f.kind, f.about, f.what, f.is_bad) for f in report.findings]


def test_nothing_changed_is_nothing_found(accepted):
    report = accepted.check()
    assert report.findings == ()
    assert "6 rows recomputed from their predictions; 0 kept none" in report.remarks
    assert "6 rows held against the reference in reference" in report.remarks
    found = [path.relative_to(accepted.folder).as_posix() for path in sorted(accepted.folder.rglob("*.*"))]
    assert [name for name in found if not name.startswith("embeddings/")] == [
        *(f"labels/tiny/{split}.parquet" for split in ("test", "train", "val")),
        "results/fusion/tiny/rows.parquet",
        "verdicts.csv",
    ]
    assert {path.name for path in accepted.folder.glob("embeddings/*/*/*")} == {"manifest.json"}


def test_the_reference_is_the_store_to_the_last_digit(accepted):
    rows = {(row.subset, row.split): row for row in reference.read(accepted.folder)}
    for row in results.read(accepted.root).to_dicts():
        line = rows[tuple(row["subset"]), row["split"]]
        assert (line.auc, line.acc) == (row["auc"], row["acc"])
        assert (line.fingerprints, line.source_md5) == (tuple(row["fingerprints"]), row["source_md5"])
    before = {path: path.read_bytes() for path in accepted.folder.rglob("*.*")}
    accept(accepted.opened, accepted.folder)
    assert {path: path.read_bytes() for path in accepted.folder.rglob("*.*")} == before


def test_the_reference_is_a_store_that_can_be_looked_at_without_any_vector(accepted):
    """What the boards need beside vectors is there: rows, labels, and the metrics that the predictions give."""
    beside = Store(accepted.root.parent / "nothing", reference=accepted.folder)
    assert len(beside.rows()) == 6
    assert beside.reading.referenced == frozenset(beside.rows()["key"])
    assert recompute(beside, beside.rows(scores=True)).findings == ()
    assert beside.labels("tiny", "test", "alpha").tolist() == LABELS.tolist()
    assert len(beside.intervals("tiny").of(beside.rows()["key"].to_list())) == 3
    with pytest.raises(FuseboardError, match="there are results and no vectors; extract or pull it first"):
        beside.blocks("tiny", "test", ["alpha"])


def test_the_rows_of_a_store_hide_those_of_the_reference(accepted):
    """Measured here counts, also where it kept no predictions, and is not taken for a dispute."""
    shutil.rmtree(accepted.root / "results")
    accepted.measure(("alpha",), (0.25, 0.5), (0.25, 0.5))
    beside = Store(accepted.root, reference=accepted.folder)
    own = set(Store(accepted.root).rows()["key"])
    assert len(beside.rows()) == 6
    assert beside.reading.referenced == frozenset(beside.rows()["key"]) - own
    assert set(beside.rows().filter(subset=["alpha"])["auc"]) == {0.25}
    assert beside.reading.disputed == ()
    assert {beside.predictions("fusion", "tiny", key) for key in own} == {None}
    assert beside.known_keys("fusion", "tiny") == own  # a search must not take them for done


def test_one_dataset_alone_is_accepted(accepted, tmp_path):
    accepted.embed("alpha", "other", labels=LABELS)
    put(accepted, ("alpha",), 3, dataset="other")
    accept(accepted.opened, tmp_path / "one", ["other"])
    assert {row.dataset for row in reference.read(tmp_path / "one")} == {"other"}
    accept(accepted.opened, tmp_path / "one", ["tiny"])
    assert {row.dataset for row in reference.read(tmp_path / "one")} == {"other", "tiny"}
    with pytest.raises(FuseboardError, match="no rows of third; it has other, tiny"):
        accept(accepted.opened, tmp_path / "one", ["third"])


def test_what_is_not_measured_any_more_leaves_the_reference(accepted):
    shutil.rmtree(accepted.root / "results")
    put(accepted, ("beta",), 1)
    accept(accepted.opened, accepted.folder)
    assert {row.subset for row in reference.read(accepted.folder)} == {("beta",)}
    assert [path.name for path in (accepted.folder / "embeddings").glob("*/*")] != []
    assert {version.manifest.backbone for version in Store(accepted.folder).versions} == {"beta"}


def test_an_unexplained_move_fails(accepted):
    put(accepted, ("alpha",), 9)
    report = accepted.check()
    assert ("moved", "tiny test, fusion of alpha (starter)", "auc", True) in problem(report)
    assert {f.why for f in report.findings if f.kind == "moved"} == {
        "no input changed: look at what was changed in the code"
    }
    assert any(finding.is_bad for finding in report.findings)


def test_a_small_move_is_none(accepted):
    path = accepted.folder / "results" / "fusion" / "tiny" / "rows.parquet"
    pl.read_parquet(path).with_columns(pl.col("auc") - 0.0009).write_parquet(path)
    assert accepted.check().findings == ()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"protocol_digest": "d2"}, "another definition of starter"),
        ({"source_md5": "1" * 32}, "other source images"),
        ({"device": "cuda"}, "cpu -> cuda"),
        ({"libraries": {"xgboost": "3.9.9", "scikit-learn": "1.5.0"}}, "xgboost 3.0.0 -> 3.9.9"),
        ({"libraries": {"xgboost": "3.0.0", "fuseboard": "9"}}, None),
        ({"hardware": "another machine"}, None),
    ],
)
def test_a_changed_input_explains_a_move(accepted, changes, why):
    for version in accepted.opened.versions if "source_md5" in changes else ():  # it was extracted again from them
        entry = version.manifest.datasets["tiny"].model_copy(update=changes)
        version.manifest.model_copy(update={"datasets": {"tiny": entry}}).write(version.folder)
    put(accepted, ("alpha",), 9, day=1, **changes)
    moved = [f for f in accepted.check().findings if f.kind == "moved"]
    assert moved
    assert {f.is_bad for f in moved} == {why is None}
    assert {f.why for f in moved} == {why or "no input changed: look at what was changed in the code"}


def test_another_version_of_a_backbone_explains_a_move(accepted):
    version = accepted.embed("alpha", labels=LABELS, revision=2, day=1)
    put(accepted, ("alpha",), 9, day=1, revisions={"alpha": 2})
    moved = [f for f in accepted.check().findings if f.kind == "moved"]
    assert {(f.is_bad, f.why.endswith(version[:8])) for f in moved} == {(False, True)}


@pytest.mark.parametrize("elsewhere", [False, True])
def test_other_vectors_under_one_fingerprint_explain_a_move_on_another_machine_only(accepted, elsewhere):
    shutil.rmtree(next((accepted.root / "embeddings" / "alpha").iterdir()))
    accepted.embed("alpha", labels=LABELS[::-1].copy())  # other shards
    put(accepted, ("alpha",), 9, **({"hardware": "another machine"} if elsewhere else {}))
    moved = [f for f in accepted.check().findings if f.kind == "moved"]
    assert {f.is_bad for f in moved} == {not elsewhere}
    assert all(f.why.startswith("other vectors of alpha under the same fingerprint") for f in moved)


def test_a_removed_row_fails(accepted):
    for path in (accepted.root / "results" / "fusion" / "tiny").iterdir():
        path.unlink()
    put(accepted, ("alpha",), 0)
    report = accepted.check()
    gone = {f.about for f in report.findings if f.kind == "removed"}
    assert gone == {
        f"tiny {split}, fusion of {s} (starter)" for split in ("val", "test") for s in ("beta", "alpha + beta")
    }
    assert any(finding.is_bad for finding in report.findings)


def test_rows_of_backbones_that_the_store_does_not_have_are_told_and_not_failed(accepted):
    """What ships was measured with more backbones than most stores have."""
    shutil.rmtree(accepted.root / "embeddings" / "beta")
    shutil.rmtree(accepted.root / "results")
    put(accepted, ("alpha",), 0)
    report = accepted.check()
    assert report.findings == ()
    assert "4 more rows of the reference are of backbones that this store has no embeddings of" in report.remarks
    assert "2 rows held against the reference in reference" in report.remarks


def test_all_rows_removed_with_embeddings_left_fails(accepted):
    shutil.rmtree(accepted.root / "results")
    assert {f.kind for f in accepted.check().findings} == {"removed"}


def test_a_reference_of_another_store_asks_only_for_what_this_one_measured(accepted):
    """Whoever installs fuseboard has the rows that ship as the reference, and has embeddings that they never fused."""
    for path in (accepted.root / "results" / "fusion" / "tiny").iterdir():
        path.unlink()
    put(accepted, ("alpha",), 0)
    report = check.check(accepted.opened, accepted.folder, as_measured, whole=False)
    assert report.findings == ()
    assert "4 more rows of the reference were never measured in this store" in report.remarks
    put(accepted, ("alpha", "beta"), 2)  # a search of both, of which one row is gone
    report = check.check(accepted.opened, accepted.folder, as_measured, whole=False)
    assert {(f.kind, f.about) for f in report.findings} == {
        ("removed", f"tiny {split}, fusion of beta (starter)") for split in ("val", "test")
    }


def test_a_dataset_that_the_store_never_had_is_told_and_not_failed(accepted):
    shutil.rmtree(accepted.root / "results")
    shutil.rmtree(accepted.root / "embeddings")
    report = accepted.check()
    assert report.findings == ()
    assert "tiny: in the reference, but this store has nothing of it, so it was not checked" in report.remarks


def test_a_fit_that_gives_something_else_fails(accepted):
    def verdict_regressions(store, dataset, protocol, subset):
        return {
            split: {**m, "auc": m["auc"] - 0.002} for split, m in as_measured(store, dataset, protocol, subset).items()
        }

    report = accepted.check(verdict_regressions)
    assert {f.kind for f in report.findings} == {"fitted anew"}
    assert any(finding.is_bad for finding in report.findings)


def test_what_is_fitted_anew_is_the_singles_and_the_chosen(accepted):
    asked = []

    def refit(store, dataset, protocol, subset):
        asked.append((dataset, protocol, subset))
        return as_measured(store, dataset, protocol, subset)

    report = accepted.check(refit)
    rows = results.read(accepted.root).filter(split="val").to_dicts()
    best = max(rows, key=lambda row: (row["acc"], -len(row["subset"])))
    assert asked == [("tiny", "starter", s) for s in sorted({("alpha",), ("beta",), tuple(best["subset"])})]
    assert f"{len(asked)} subsets fitted anew" in report.remarks


def test_a_fit_that_cannot_be_done_is_a_finding(accepted):
    def refit(*_):
        raise UsageError("no protocol 'starter'")

    report = accepted.check(refit)
    assert {(f.kind, f.why) for f in report.findings} == {("fitted anew", "no protocol 'starter'")}


def test_without_the_harness_the_rest_is_checked_and_it_is_said(accepted):
    def refit(*_):
        raise ModuleNotFoundError("No module named 'xgboost'", name="xgboost")

    put(accepted, ("alpha",), 9)
    report = accepted.check(refit)
    assert {f.kind for f in report.findings} == {"moved"}
    assert f"nothing fitted anew: xgboost is not installed (`{installation.command('harness')}`)" in report.remarks


def test_accepting_one_dataset_keeps_what_was_said_of_others(accepted):
    path = accepted.folder / reference.VERDICTS
    verdict = Verdict(
        "biofuse_2026_singles.csv", "breastmnist", "UNI", "test_acc", "test",
        Decimal("0.9"), Decimal("0.9"), "reproduced", Decimal(0), "", "k",
    )  # fmt: skip
    verdict_file.write([verdict], path)
    accept(accepted.opened, accepted.folder)
    assert verdict_file.read(path) == (verdict,)


def test_a_missing_metric_is_no_zero(accepted):
    shutil.rmtree(accepted.root / "results")
    accepted.measure(("alpha",), (None, 0.5), (None, 0.5))
    put(accepted, ("beta",), 1)
    report = accepted.check()
    assert [f.now for f in report.findings if f.kind == "moved" and f.what == "auc"] == [None, None]
    accept(accepted.opened, accepted.folder)  # rows without predictions are not in it
    assert ("alpha",) not in {row.subset for row in reference.read(accepted.folder)}


def test_a_verdict_that_got_worse_fails(accepted):
    def verdict(dataset):
        return Verdict(
            "biofuse_2026_singles.csv", dataset, "UNI", "test_acc", "test",
            Decimal("0.9"), Decimal("0.9"), "reproduced", Decimal(0), "", "k",
        )  # fmt: skip

    verdict_file.write([verdict("tiny"), verdict("breastmnist")], accepted.folder / reference.VERDICTS)
    report = accepted.check()
    assert problem(report) == [("verdict", "tiny test, UNI (biofuse_2026_singles.csv)", "test_acc", True)]


def older(accepted):
    """The reference as CSV, which it was before it was a store; returns the file and its cells."""
    rows = [
        [
            "+".join(value) if isinstance(value, tuple) else " ".join(f"{k}=={v}" for k, v in value.items())
            if isinstance(value, dict) else value
            for value in row.model_dump().values()
        ]
        for row in reference.read(accepted.folder)
    ]  # fmt: skip
    shutil.rmtree(accepted.folder / "results")
    return accepted.folder / "tiny.csv", [list(reference.Row.model_fields), *rows]


def write(path, cells):
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(cells)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("auc", "much", r"tiny\.csv, line 2: auc"),
        ("auc", "1.5", r"tiny\.csv, line 2: auc"),
        ("auc", "nan", r"tiny\.csv, line 2: auc"),
        ("dataset", "../x", r"tiny\.csv, line 2: dataset"),
        ("seed", "", r"tiny\.csv, line 2: seed"),
        ("libraries", "xgboost", r"tiny\.csv, line 2"),
    ],
)
def test_a_broken_reference_is_named_by_file_and_line(accepted, column, value, message):
    path, cells = older(accepted)
    cells[1][cells[0].index(column)] = value
    write(path, cells)
    with pytest.raises(FuseboardError, match=message):
        accepted.check()


def test_a_row_that_stands_twice_is_refused(accepted):
    path, cells = older(accepted)
    write(path, cells)
    assert accepted.check().findings == ()
    write(path, [*cells, cells[1]])
    with pytest.raises(FuseboardError, match="stands there twice"):
        accepted.check()
    accept(accepted.opened, accepted.folder)
    assert not path.exists()
    assert accepted.check().findings == ()


def test_no_reference_is_one_line(accepted, tmp_path):
    with pytest.raises(FuseboardError, match="no such folder; write one with `fuseboard leaderboard accept`"):
        check.check(accepted.opened, tmp_path / "nowhere", as_measured)


def test_an_empty_store_has_no_reference_to_give(store, tmp_path):
    with pytest.raises(FuseboardError, match="no row kept its predictions"):
        accept(store.opened, tmp_path / "reference")
