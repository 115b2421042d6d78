"""Evaluations beside the search."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.ensemble import VotingClassifier
from sklearn.preprocessing import LabelEncoder
from xgboost import XGBClassifier

from fuseboard.harness import evaluations
from fuseboard.harness.classifiers.metrics import measure
from fuseboard.harness.search import search as engine
from fuseboard.harness.search import strategies
from fuseboard.harness.search.search import Search
from fuseboard.store.errors import UsageError
from fuseboard.store.results import rows as results
from fuseboard.store.store import Store
from tests.harness.quick import QUICK

DATA = "digits-first120"
STARTER = QUICK


def test_singles_choose_the_best_single_backbone(store: Path) -> None:
    found = evaluations.get("singles")(Search(Store(store), DATA, STARTER))
    choice, rows = found.choice, found.rows
    accuracy = {row["subset"][0]: row["acc"] for row in rows.to_dicts() if row["split"] == "val"}
    assert set(accuracy) == {"hog", "pixels"}
    assert choice.chosen == (max(accuracy, key=lambda name: accuracy[name]),)


def test_late_fusion_is_the_soft_vote_of_scikit_learn(store: Path) -> None:
    rows = evaluations.get("soft-vote")(Search(Store(store), DATA, STARTER)).rows
    train, test = (Store(store).blocks(DATA, split, ["hog", "pixels"]) for split in ("train", "test"))
    fitted = []
    for name in ("hog", "pixels"):
        model = XGBClassifier(**STARTER.params.model_dump(exclude_none=True), random_state=42)
        fitted.append(model.fit(train.features[name], train.labels))
    vote = VotingClassifier([("hog", fitted[0]), ("pixels", fitted[1])], voting="soft")
    vote.estimators_, vote.le_, vote.classes_ = fitted, LabelEncoder().fit(train.labels), np.arange(10)
    vote._collect_probas = lambda _: np.asarray(  # each voter sees its own backbone
        [model.predict_proba(test.features[name]) for model, name in zip(fitted, ("hog", "pixels"), strict=True)]
    )
    expected = measure("multi-class", test.labels, vote.predict_proba(test.features["hog"]))
    row = rows.filter(pl.col("split") == "test", pl.col("subset") == ["hog", "pixels"]).to_dicts()[0]
    assert row["auc"] == pytest.approx(expected.auc, abs=1e-6)
    assert row["acc"] == expected.acc
    assert (row["evaluation"], row["fusion"]) == ("late", "soft-vote")


def test_an_ensemble_is_the_weighted_vote_of_voters_chosen_on_validation(store: Path) -> None:
    search = Search(Store(store), DATA, STARTER)
    choice = search.run(strategies.get("ensemble"))
    assert (choice.chosen, search.fits) == (("hog", "pixels"), 2)
    blocks = {split: Store(store).blocks(DATA, split, ["hog", "pixels"]) for split in ("train", "val", "test")}
    said: dict[str, dict[str, np.ndarray]] = {"val": {}, "test": {}}
    for name in ("hog", "pixels"):
        model = XGBClassifier(**STARTER.params.model_dump(exclude_none=True), random_state=42)
        model.fit(blocks["train"].features[name], blocks["train"].labels)
        for split, by_name in said.items():
            by_name[name] = model.predict_proba(blocks[split].features[name])
    path, bag = [], [0, 0]
    for _ in range(50):
        trials = []
        for other in (0, 1):
            tried = [bag[i] + (i == other) for i in (0, 1)]
            mean = np.average([said["val"]["hog"], said["val"]["pixels"]], axis=0, weights=tried)
            trials.append((float((mean.argmax(axis=1) == blocks["val"].labels).mean()), -other))
        best = max(trials)
        bag[-best[1]] += 1
        path.append((best[0], tuple(bag)))
    weights = max(path, key=lambda step: step[0])[1]
    mean = np.average([said["test"]["hog"], said["test"]["pixels"]], axis=0, weights=weights)
    expected = measure("multi-class", blocks["test"].labels, mean)
    (row,) = (row for row in search.rows([choice.chosen]).to_dicts() if row["split"] == "test")
    assert row["acc"] == expected.acc
    assert row["auc"] == pytest.approx(expected.auc, abs=1e-6)
    assert (row["evaluation"], row["fusion"]) == ("late", "weighted-vote")


def test_late_fusion_after_a_search_fits_nothing(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Search(Store(store), DATA, STARTER).run(strategies.get("exhaustive"))

    def no_fit(*_: object) -> None:
        raise AssertionError("a fit was run")

    monkeypatch.setattr(engine, "fit", no_fit)
    first = evaluations.get("soft-vote")(Search(Store(store), DATA, STARTER)).rows
    second = evaluations.get("soft-vote")(Search(Store(store), DATA, STARTER)).rows
    assert first.equals(second)
    assert results.read(store, "late").height == 6


def test_late_fusion_keeps_the_predictions_of_its_finalists_only(store: Path) -> None:
    found = evaluations.get("soft-vote")(Search(Store(store), DATA, STARTER))
    rows = results.read(store, "late", scores=True)
    assert found.choice.all_backbones == ("hog", "pixels")
    kept = {tuple(subset) for subset in rows.filter(pl.col("scores").is_not_null())["subset"].to_list()}
    assert kept == found.choice.finalists
    singles = {
        (row["subset"][0], row["split"]): np.array(row["scores"])
        for row in results.read(store, "fusion", scores=True).to_dicts()
        if len(row["subset"]) == 1
    }
    for row in rows.filter(pl.col("subset").list.len() == 2).to_dicts():
        mean = (singles["hog", row["split"]] + singles["pixels", row["split"]]) / 2
        np.testing.assert_allclose(np.array(row["scores"]), mean, atol=1e-7)
    assert rows.height == 6


def test_unknown_evaluation() -> None:
    with pytest.raises(UsageError, match="did you mean singles"):
        evaluations.get("single")
