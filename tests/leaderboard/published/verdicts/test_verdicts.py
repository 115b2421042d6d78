import csv
from collections import Counter
from decimal import Decimal

import polars as pl
import pytest

from fuseboard.leaderboard.published import tables
from fuseboard.leaderboard.published.verdicts import verdicts
from fuseboard.leaderboard.published.verdicts.model_names import NAMES, NINE, backbones
from fuseboard.leaderboard.published.verdicts.verdicts import judge, tolerance
from fuseboard.store.results import rows as results

SINGLES, ALL_NINE = "biofuse_2026_singles.csv", "biofuse_2026_all_nine.csv"
BREAST = {"dataset": "breastmnist", "protocol": "biofuse-2026"}
BIOMEDCLIP = ((0.9148, 0.8846), (0.8956, 0.8846))
"""(AUC, ACC) on validation and test, as published."""


@pytest.fixture
def held(store):
    """Verdicts of one file and dataset that have a measured figure, by subject, metric and split."""

    def held(file=SINGLES, dataset="breastmnist"):
        found = [v for v in judge(results.read(store.root)) if (v.file, v.dataset) == (file, dataset)]
        return {(v.subject, v.metric, v.split): v for v in found if v.measured is not None}

    return held


def words(found):
    return dict(Counter(verdict.verdict for verdict in found.values()))


def of(store, subject, metric="acc", split="test", file=SINGLES, dataset="breastmnist"):
    (verdict,) = [v for v in judge(results.read(store.root)) if v.cell == (file, dataset, subject, metric, split)]
    return verdict


def test_an_empty_store_reproduces_nothing(store):
    found = judge(results.read(store.root))
    assert {verdict.verdict for verdict in found} == {"not comparable", "not measured"}
    assert all(verdict.difference is None and not verdict.row for verdict in found)
    assert all(verdict.reason for verdict in found)
    assert all(bool(verdict.command) == (verdict.verdict == "not measured") for verdict in found)


def test_equal_figures_are_reproduced(store, held):
    store.measure(("biomedclip",), *BIOMEDCLIP, **BREAST, rows=156)
    assert words(held()) == {"reproduced": 4}
    assert all(v.difference == 0 for v in held().values())
    (key,) = results.read(store.root).filter(split="test")["key"]
    assert of(store, "BiomedCLIP").row == key


@pytest.mark.parametrize(
    ("metric", "images", "off", "verdict"),
    [
        ("acc", 156, "0.0256", "reproduced"),  # sqrt(.8846 (1 - .8846) / 156) = .02558, and half a digit
        ("acc", 156, "-0.0256", "reproduced"),
        ("acc", 156, "0.0257", "deviates"),
        ("acc", 100_000, "0.00505", "reproduced"),
        ("acc", 100_000, "-0.00506", "deviates"),
        ("acc", 78, "0.0362", "reproduced"),
        ("acc", 10, "0.0363", "deviates"),  # no official split is that small
        ("auc", 100_000, "-0.00205", "reproduced"),
        ("auc", 100_000, "-0.00206", "deviates"),
        ("auc", 156, "0.0245", "reproduced"),
        ("auc", 156, "0.0246", "deviates"),
    ],
)
def test_the_tolerance_is_one_standard_error_and_has_a_floor(store, metric, images, off, verdict):
    value = {"acc": Decimal("0.8846"), "auc": Decimal("0.8956")}
    value[metric] += Decimal(off)
    store.keep(("biomedclip",), "test", float(value["auc"]), float(value["acc"]), **BREAST, rows=images)
    found = of(store, "BiomedCLIP", metric)
    assert (found.verdict, found.difference) == (verdict, Decimal(off))


def test_a_perfect_figure_has_the_floor_as_its_tolerance():
    assert tolerance("auc", Decimal(1), 156) == Decimal("0.00205")


@pytest.mark.parametrize(("off", "verdict"), [("-0.09", "deviates"), ("0", "reproduced"), ("0.09", "deviates")])
def test_every_single_is_held_against_its_own_row(store, off, verdict):
    store.keep(("conch",), "test", 0.5, 0.5, **BREAST, rows=10_000)
    (one,) = results.read(store.root).to_dicts()
    with (tables.FOLDER / SINGLES).open(newline="") as file:
        published = list(csv.DictReader(file))
    rows = []
    for row in published:
        for split in ("val", "test"):
            values = {m: float(Decimal(row[f"{split}_{m}"] or 1) + Decimal(off)) for m in ("acc", "auc")}
            name, dataset = NAMES[row["model"]].backbone, row["dataset"]
            rows.append({**one, **values, "dataset": dataset, "subset": [name], "split": split, "key": f"{len(rows)}"})
    found = [
        v
        for v in judge(pl.DataFrame(rows, schema={name: kind for name, kind in results.SCHEMA.items() if name in one}))
        if v.file == SINGLES
    ]
    assert len(found) == sum(
        bool(row[f"{s}_{m}"]) for row in published for s in ("val", "test") for m in ("acc", "auc")
    )
    assert {(v.verdict, v.difference) for v in found} == {(verdict, Decimal(off))}
    assert len({v.row for v in found}) == 2 * len(published)


def test_prov_gigapath_is_held_against_dinov2_giant_and_nothing_else(store, held):
    store.measure(("prov-gigapath",), (0.9432, 0.8974), (0.9453, 0.8782), **BREAST)
    assert not held()
    store.measure(("dinov2-giant",), (0.9432, 0.8974), (0.9453, 0.8782), **BREAST)
    assert words(held()) == {"reproduced": 4}
    assert "natural-image DINOv2-giant" in of(store, "Prov-GigaPath").reason


def test_all_nine_is_one_row_of_nine_backbones(store, held):
    nine = backbones(NINE)
    store.measure(nine[:8], (0.9624, 0.9103), (0.9492, 0.9038), **BREAST)
    assert not held(ALL_NINE)
    store.measure(nine, (0.9624, 0.9103), (0.9492, 0.5), **BREAST)
    assert words(held(ALL_NINE)) == {"reproduced": 3, "deviates": 1}


def test_the_best_single_is_held_against_the_row_of_that_single(store, held):
    store.measure(("conch",), (0.9424, 0.9359), (0.9114, 0.8462), **BREAST)
    assert words(held("biofuse_2026_best_single.csv")) == {"reproduced": 4}


@pytest.mark.parametrize(
    "other",
    [
        {"protocol": "starter"},
        {"protocol": "biofuse-2026-trials20"},
        {"dataset": "breastmnist-64"},
        {"dataset": "breastmnist-first100"},
        {"dataset": "breastmnist-c"},
        {"evaluation": "tuned"},
        {"evaluation": "attention-random"},
        {"evaluation": "late", "fusion": "soft-vote"},
        {"fusion": "sum"},
        {"classifier": "knn"},
        {"seed": 43},
    ],
    ids=lambda other: " ".join(map(str, other.values())),
)
def test_a_row_that_was_measured_otherwise_is_held_against_nothing(store, other):
    store.measure(("biomedclip",), *BIOMEDCLIP, **{**BREAST, **other})
    found = judge(results.read(store.root))
    assert not [verdict for verdict in found if verdict.verdict in verdicts.HELD]
    missing = of(store, "BiomedCLIP")
    assert (missing.verdict, missing.reason) == ("not measured", "no such row in this store")
    assert "fuseboard evaluate singles breastmnist --backbones biomedclip,chexagent," in missing.command


def test_of_two_seeds_that_of_the_released_code_counts(store, held):
    store.measure(("biomedclip",), *BIOMEDCLIP, **BREAST)
    store.measure(("biomedclip",), (0.5, 0.5), (0.5, 0.5), **BREAST, seed=41, day=1)
    store.measure(("biomedclip",), (0.5, 0.5), (0.5, 0.5), **BREAST, seed=43, day=1)
    assert words(held()) == {"reproduced": 4}


def test_a_superseded_row_is_held_against_nothing(store, held):
    store.measure(("biomedclip",), *BIOMEDCLIP, **BREAST)
    store.measure(("biomedclip", "conch"), (0.5, 0.5), (0.5, 0.5), **BREAST, revisions={"biomedclip": 2}, day=1)
    assert not held()
    found = of(store, "BiomedCLIP")
    assert (found.verdict, found.reason) == ("not measured", "only a superseded row: another version of a backbone")
    assert found.row
    assert found.command


def test_of_two_versions_the_current_one_counts(store, held):
    store.measure(("biomedclip",), (0.5, 0.5), (0.5, 0.5), **BREAST)
    store.measure(("biomedclip",), *BIOMEDCLIP, **BREAST, revisions={"biomedclip": 2}, day=1)
    assert words(held()) == {"reproduced": 4}


@pytest.mark.parametrize("missing", [None, float("nan")])
def test_a_metric_that_is_missing_is_not_measured_and_says_why(store, missing):
    store.keep(("biomedclip",), "test", missing, 0.8846, **BREAST, reason="one class only")
    found = of(store, "BiomedCLIP", "auc")
    assert (found.verdict, found.measured, found.command) == ("not measured", None, "")
    assert found.reason == "the row has no AUC: one class only"
    assert of(store, "BiomedCLIP", "acc").verdict == "reproduced"


def test_rows_that_are_marked_already_give_the_same_verdicts(searched):
    from fuseboard.leaderboard.boards.snapshot import take

    searched.measure(("biomedclip",), *BIOMEDCLIP, **BREAST)
    assert judge(take(searched.opened).rows) == judge(results.read(searched.root, scores=True))


def test_differences_have_no_float_noise(store):
    store.keep(("biomedclip",), "test", 0.8956, 0.8946, **BREAST)
    assert str(of(store, "BiomedCLIP").difference) == "0.0100"
    assert 0.8946 - 0.8846 != 0.01  # which floats would have given
