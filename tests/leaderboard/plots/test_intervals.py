"""Intervals of rows that kept their predictions: what they are, when they are computed, and what is in their way."""

import json
import re

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score

from fuseboard.leaderboard.boards.snapshot import take
from fuseboard.leaderboard.output import plain
from fuseboard.leaderboard.regression.metrics import accuracy, auc
from fuseboard.leaderboard.site.build import build
from fuseboard.store.embeddings import gc, verify
from fuseboard.store.results import interval_cache, interval_cache_file
from fuseboard.store.results.interval_cache import Intervals
from fuseboard.store.statistics import resampling
from fuseboard.store.statistics.bootstrap import bootstrap
from fuseboard.store.statistics.delong import delong
from fuseboard.store.store import Store
from tests.leaderboard.predicted import LABELS, NAMES, SUBSETS, TASK, keep, said


@pytest.fixture
def counted(monkeypatch):
    """Numbers of rows measured, call by call."""
    calls = []

    def measure(task, labels, rows):
        calls.append(len(rows))
        return real(task, labels, rows)

    real = interval_cache.measure
    monkeypatch.setattr(interval_cache, "measure", measure)
    return calls


def certain(store, protocol="starter"):
    return take(store.opened).board_uncertainties["tiny", protocol].subset_uncertainties


def test_they_are_those_of_the_predictions(predicted):
    rows = {subset: said(number) for number, subset in enumerate(SUBSETS)}
    direct, aucs = bootstrap(TASK, LABELS, rows), delong(TASK, LABELS, rows)
    found = certain(predicted)
    assert found.reasons == {}
    for subset, own in found.subsets.items():
        assert own.auc == direct[subset].auc.interval()
        assert own.acc == direct[subset].acc.interval()
        assert own.balanced_acc == direct[subset].balanced_acc.interval()
        assert own.minus_chosen.auc == direct[subset].auc.minus(direct[NAMES].auc)
        assert own.minus_chosen.acc == direct[subset].acc.minus(direct[NAMES].acc)
        assert own.minus_chosen.delong == aucs[subset].minus(aucs[NAMES])


def test_a_resample_is_as_scikit_learn_has_it(predicted):
    drawn = resampling.draw(TASK, LABELS)
    take(predicted.opened)
    shelf = Intervals(predicted.root, "tiny", Store(predicted.root).versions)
    values = [one.auc.resampled[17] for one in shelf.of(shelf.kept).values()]
    images = np.repeat(np.arange(len(LABELS)), drawn.counts[17])
    expected = [
        np.mean([roc_auc_score(LABELS[images] == c, said(seed)[images, c]) for c in range(3)]) for seed in range(3)
    ]
    assert sorted(values) == pytest.approx(sorted(expected), abs=1e-6)


def test_brier_is_scikit_learns(store):
    labels = np.arange(40, dtype=np.uint16) % 2
    scores = said(1, labels, 2)
    store.embed("alpha", labels=labels, task="binary-class")
    keep(store, ("alpha",), scores, labels, "binary-class")
    own = certain(store).subsets["alpha",]
    assert own.brier == pytest.approx(brier_score_loss(labels, scores[:, 1]))


def test_the_chosen_one_against_itself(predicted):
    own = certain(predicted).subsets[NAMES].minus_chosen
    for difference in (own.auc, own.acc, own.balanced_acc, own.delong):
        assert (difference.value, difference.p) == (0, 1)


def test_a_much_better_row_has_a_small_p(predicted):
    keep(predicted, ("alpha",), np.eye(3, dtype=np.float32)[LABELS] * 0.8 + np.float32(0.2 / 3), val=0.6, day=9)
    difference = certain(predicted).subsets["alpha",].minus_chosen.auc
    assert difference.low > 0
    assert difference.p < 0.01


def test_nothing_is_computed_twice(predicted, counted, tmp_path, monkeypatch):
    build(predicted.opened, tmp_path / "one")
    assert counted == [3]
    monkeypatch.setattr(interval_cache, "Predictions", None)  # predictions are not even read
    build(predicted.opened, tmp_path / "two")
    assert counted == [3]
    one, two = ({path.name: path.read_bytes() for path in (tmp_path / n).glob("*.*")} for n in ("one", "two"))
    assert one == two


def test_of_a_new_row_only_itself_is_computed(predicted, counted):
    take(predicted.opened)
    predicted.embed("gamma", labels=LABELS)
    keep(predicted, ("gamma",), said(9))
    assert len(certain(predicted).subsets) == 4
    assert counted == [3, 1]


def test_other_predictions_of_a_row_are_measured_again(predicted, counted):
    before = certain(predicted).subsets["alpha",]
    keep(predicted, ("alpha",), said(7))
    after = certain(predicted).subsets["alpha",]
    assert counted == [3, 1]
    assert after.auc.value != before.auc.value


@pytest.mark.parametrize("damage", [b"", b"not parquet at all", None])
def test_a_damaged_or_lost_file_is_made_again(predicted, damage, capsys):
    before = certain(predicted)
    path = predicted.root / "intervals" / "tiny.parquet"
    whole = path.read_bytes()
    if damage is None:
        middle = len(whole) // 2
        path.write_bytes(whole[:middle] + bytes(64) + whole[middle + 64 :])
    else:
        path.write_bytes(damage)
    assert certain(predicted) == before
    assert "not readable" in capsys.readouterr().err
    assert certain(predicted) == before
    assert capsys.readouterr().err == ""
    path.unlink()
    assert certain(predicted) == before


def test_a_store_that_cannot_be_written_is_still_shown(predicted, capsys):
    (predicted.root / "intervals").write_text("in the way")
    assert len(certain(predicted).subsets) == 3
    assert "not kept" in capsys.readouterr().err


def test_a_killed_writer_leaves_no_half_file(predicted, monkeypatch):
    take(predicted.opened)
    before = (predicted.root / "intervals" / "tiny.parquet").read_bytes()
    keep(predicted, ("alpha",), said(7))

    def write(table, path, **options):
        path.write_bytes(b"PAR1 half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(interval_cache_file.pq, "write_table", write)
        with pytest.raises(KeyboardInterrupt):
            take(predicted.opened)
    assert (predicted.root / "intervals" / "tiny.parquet").read_bytes() == before
    (predicted.root / "intervals" / ".tmp-left.parquet").write_bytes(b"PAR1 half")  # by a killed process
    assert len(certain(predicted).subsets) == 3


def test_the_folder_is_neither_garbage_nor_a_version(predicted):
    take(predicted.opened)
    assert gc.find(predicted.root, predicted.opened.versions, predicted.opened.current) == []
    assert verify.verify(predicted.root).findings == ()


def test_without_labels_the_reason_is_shown(store, tmp_path):
    keep(store, ("alpha",), said(0))
    found = certain(store)
    assert found.subsets == {}
    assert "labels come with them" in found.reasons["alpha",]
    build(store.opened, tmp_path / "site")
    assert "1 of 1 subset has no resamples: no embeddings of tiny test" in words(tmp_path / "site")
    store.embed("other", labels=LABELS)  # labels belong to the images, whatever embedded them
    assert certain(store).reasons == {}


def test_rows_without_predictions_keep_wilsons_interval_and_say_so(predicted, tmp_path):
    predicted.embed("gamma", labels=LABELS)
    predicted.measure(("gamma",), (0.5, 0.5), (0.5, 0.5))
    assert certain(predicted).reasons == {("gamma",): "predictions were not kept"}
    build(predicted.opened, tmp_path / "site")
    text = words(tmp_path / "site")
    assert text.count("(Wilson)") == 1  # among the singles; all subsets are on a page of their own
    assert "1 of 4 subsets has no resamples: predictions were not kept" in text


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda s: np.where(np.arange(60)[:, None] == 5, np.nan, s), "NaN or infinite"),
        (lambda s: s[:-1], "scores of shape (59, 3) for 60 labels"),
        (lambda s: s[:, :2], "labels reach from 0 to 2, but there are 2 classes"),
        (lambda s: s[::-1], "the row says"),
    ],
)
def test_spoilt_predictions_cost_no_other_row_its_interval(predicted, spoil, reason):
    scores = said(5)
    spoilt = np.asarray(spoil(scores), np.float32)
    value = auc(TASK, LABELS, scores.astype(float)), accuracy(TASK, LABELS, scores.astype(float))
    predicted.embed("gamma", labels=LABELS)
    predicted.measure(("gamma",), value, value, rows=60, scores=spoilt.tolist())
    found = certain(predicted)
    assert reason in found.reasons["gamma",]
    assert len(found.subsets) == 3


def test_one_image_of_a_class(store, tmp_path):
    labels = np.array([0, 1] * 6 + [2], np.uint16)
    store.embed("alpha", labels=labels)
    keep(store, ("alpha",), said(0, labels), labels)
    own = certain(store).subsets["alpha",]
    assert own.auc.value is not None
    assert (own.auc.low, own.acc.low) == (None, None)
    assert "only one image is of class 2" in own.auc.reason
    assert own.ece is not None
    build(store.opened, tmp_path / "site")
    assert "only one image is of class 2" in words(tmp_path / "site")


def test_an_absent_class(store):
    labels = np.array([0, 1] * 6, np.uint16)
    scores = said(0, labels)
    store.embed("alpha", labels=labels)
    acc = accuracy(TASK, labels, scores.astype(float))
    store.measure(("alpha",), (None, acc), (None, acc), rows=12, scores=scores.tolist())
    own = certain(store).subsets["alpha",]
    assert (own.auc.value, own.balanced_acc.value) == (None, None)
    assert own.acc.low is not None


def test_constant_scores(store):
    store.embed("alpha", labels=LABELS)
    keep(store, ("alpha",), np.full((60, 3), 1 / 3, np.float32))
    own = certain(store).subsets["alpha",]
    assert (own.auc.value, own.auc.low) == (0.5, None)
    assert "the same in every resample" in own.auc.reason


def test_several_labels(store):
    labels = (np.random.default_rng(0).random((50, 3)) < 0.4).astype(np.uint8)
    scores = np.random.default_rng(1).random((50, 3)).astype(np.float32)
    store.embed("alpha", labels=labels, task="multi-label, binary-class")
    keep(store, ("alpha",), scores, labels, "multi-label, binary-class")
    own = certain(store).subsets["alpha",]
    assert own.acc.low < own.acc.value < own.acc.high


def test_the_export_has_them(predicted, tmp_path):
    build(predicted.opened, tmp_path / "site")
    (board_uncertainty,) = json.loads((tmp_path / "site" / "data" / "results.json").read_text())["uncertainties"]
    found = certain(predicted)
    for one in board_uncertainty["subsets"]:
        assert one["auc"]["low"] == found.subsets[tuple(one["subset"])].auc.low
        assert one["minus_chosen"]["delong"]["p"] is not None


def test_the_page_shows_difference_interval_and_both_p(predicted, tmp_path):
    build(predicted.opened, tmp_path / "site")
    text = words(tmp_path / "site")
    own = certain(predicted).subsets["alpha",]
    assert f"{plain.score(own.auc.low)} to {plain.score(own.auc.high)}" in text
    assert f"DeLong {plain.p_value(own.minus_chosen.delong.p)}" in text


def words(site):
    """The text of the dataset's page."""
    page = (site / "datasets/tiny.html").read_text()
    return " ".join(re.sub(r"<[^>]+>", "", page.replace("<small", " <small")).split())
