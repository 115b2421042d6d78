"""Selection by AUC, log-loss and cross-validation, against scikit-learn; what a probe keeps; bad input in one line."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import log_loss
from sklearn.model_selection import RepeatedStratifiedKFold
from xgboost import XGBClassifier

from fuseboard.harness.classifiers.xgboost import XGBoost
from fuseboard.harness.protocols.protocol import CrossValidation, Protocol
from fuseboard.harness.search import cost_estimate, folds, preconditions, strategies
from fuseboard.harness.search import search as engine
from fuseboard.harness.search.pool import gather
from fuseboard.harness.search.row_identity import Recipe
from fuseboard.harness.search.search import Search
from fuseboard.harness.search.strategies.strategy import Ask, Fidelity, Plan, SearchView
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.results import rows as results
from fuseboard.store.store import Store
from tests.harness.quick import QUICK

DATA = "digits-first120"
STARTER = QUICK
PARAMS = STARTER.params.model_dump(exclude_none=True)


def by(metric: str, cv: CrossValidation | None = None) -> Protocol:
    selection = STARTER.selection.model_copy(update={"metric": metric, "cv": cv})
    return STARTER.model_copy(update={"name": "by-another", "selection": selection})


def test_choices_change_the_digest_and_their_absence_does_not() -> None:
    plans = [None, CrossValidation(folds=2, repeats=1), CrossValidation(folds=2, repeats=2)]
    digests = {by(metric, cv).digest for metric in ("acc", "auc", "log-loss") for cv in plans}
    assert len(digests) == 9


@pytest.mark.parametrize("metric", ["auc", "log-loss"])
def test_the_best_on_validation_by_another_metric_is_chosen(store: Path, metric: str) -> None:
    search = Search(Store(store), DATA, by(metric))
    choice = search.run(strategies.get("exhaustive"))
    column = metric.replace("-", "_")
    rows = results.read(store).filter(pl.col("split") == "val").sort(column, descending=metric == "auc").to_dicts()
    assert choice.chosen == tuple(rows[0]["subset"])
    assert rows[0]["selection"] == [metric, "backbones", "features", "name"]


def test_log_loss_is_that_of_scikit_learn(store: Path) -> None:
    Search(Store(store), DATA, STARTER).run(strategies.get("all"))
    row = results.read(store, scores=True).filter(pl.col("split") == "test").to_dicts()[0]
    labels, shares = Store(store).labels(DATA, "test", "hog"), np.array(row["scores"])
    assert row["log_loss"] == pytest.approx(
        log_loss(labels, shares / shares.sum(axis=1, keepdims=True), labels=range(10)), abs=1e-5
    )


def test_cross_validation_is_that_of_scikit_learn(store: Path) -> None:
    search = Search(Store(store), DATA, by("acc", CrossValidation(folds=3, repeats=2)), ["pixels"])
    choice = search.run(strategies.get("all"))
    train, val = (Store(store).blocks(DATA, split, ["pixels"]) for split in ("train", "val"))
    features = np.concatenate([train.features["pixels"], val.features["pixels"]])
    labels = np.concatenate([train.labels, val.labels])
    accuracies = []
    for seen, unseen in RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=42).split(features, labels):
        plain = XGBClassifier(**PARAMS, random_state=42).fit(features[seen], labels[seen])
        accuracies.append((plain.predict(features[unseen]) == labels[unseen]).mean())
    rows = {row["split"]: row for row in search.rows([choice.chosen]).to_dicts()}
    assert set(rows) == {"cv", "val", "test"}
    assert rows["cv"]["acc"] == pytest.approx(np.mean(accuracies), abs=1e-12)
    assert (rows["cv"]["rows"], rows["cv"]["selection"][0], search.fits) == (len(labels), "cv-acc", 1)


def test_soft_votes_are_not_chosen_by_cross_validation(store: Path) -> None:
    with pytest.raises(UsageError, match="soft votes have none"):
        Search(Store(store), DATA, by("acc", CrossValidation(folds=2, repeats=1))).run(strategies.get("late"))


def probing(view: SearchView) -> Plan:
    yield Ask([("hog",), ("pixels",)], Fidelity(trees=2, bins=8, rows=0.5))
    yield Ask([("hog",)])


def test_a_probe_is_kept_apart_and_never_chosen(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    search = Search(Store(store), DATA, STARTER)
    assert search.run(probing).chosen == ("hog",)
    probes = results.read(store, "probe")
    assert probes["split"].to_list() == ["val", "val"], "a probe sees no test image"
    assert set(probes["protocol_digest"]).isdisjoint(results.read(store, "fusion")["protocol_digest"])
    assert search.fits == 3
    monkeypatch.setattr(engine, "fit", lambda *_: pytest.fail("a fit was run although everything is known"))
    assert Search(Store(store), DATA, STARTER).run(probing).chosen == ("hog",)


def test_a_share_of_rows_is_stratified() -> None:
    labels = np.repeat([0, 1, 2], [60, 30, 1])
    kept = folds.share(labels, 0.5, seed=1)
    assert np.bincount(labels[kept]).tolist() == [30, 15, 1]
    np.testing.assert_array_equal(kept, folds.share(labels, 0.5, seed=1))


@pytest.mark.parametrize("name", list(strategies.STRATEGIES))
def test_every_strategy_chooses(store: Path, name: str) -> None:
    choice = Search(Store(store), DATA, STARTER).run(strategies.get(name))
    assert choice.chosen in {("hog",), ("pixels",), ("hog", "pixels")}


@pytest.mark.parametrize("name", list(strategies.STRATEGIES))
def test_one_backbone_is_enough(store: Path, name: str) -> None:
    assert Search(Store(store), DATA, STARTER, ["hog"]).run(strategies.get(name)).chosen == ("hog",)


def test_labels_that_nothing_can_be_learned_or_chosen_from(store: Path) -> None:
    pool = gather(Store(store), DATA, [])
    blocks = {split: pool.all_blocks(split) for split in ("train", "val", "test")}
    recipe, train, val = Recipe(STARTER), blocks["train"], blocks["val"]
    preconditions.check(pool, recipe, blocks)
    one = replace(train, labels=np.full_like(train.labels, 3))
    with pytest.raises(FuseboardError, match="all 120 training images are of class 3, so there is nothing to learn"):
        preconditions.check(pool, recipe, {**blocks, "train": one})
    with pytest.raises(FuseboardError, match="4 training images for 10 classes"):
        preconditions.check(pool, recipe, {**blocks, "train": replace(train, labels=train.labels[:4])})
    lacking = {**blocks, "val": replace(val, labels=np.where(val.labels == 7, 1, val.labels))}
    preconditions.check(pool, recipe, lacking)
    with pytest.raises(FuseboardError, match="of class 7, so no subset has an AUC there, by which by-another chooses"):
        preconditions.check(pool, Recipe(by("auc")), lacking)


def test_folds_need_every_class() -> None:
    with pytest.raises(FuseboardError, match="class 1 has 2 rows in train and val, fewer than the 3 folds"):
        folds.folds(np.array([0, 0, 0, 1, 1]), CrossValidation(folds=3, repeats=1), seed=0)


def test_many_fits_are_asked_about(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost_estimate, "MANY", 2)
    with pytest.raises(UsageError, match=r"3 subsets to fit: about .* core hours, .* say --yes"):
        Search(Store(store), DATA, STARTER).run(strategies.get("exhaustive"))
    search = Search(Store(store), DATA, STARTER, yes=True)
    search.run(strategies.get("exhaustive"))
    assert search.fits == 3


def test_constant_and_duplicate_features_are_fitted() -> None:
    classifier = XGBoost(PARAMS, "binary-class", 2, seed=42)
    labels = np.arange(40) % 2
    block = np.column_stack([np.ones(40), labels, labels]).astype(np.float32)
    assert ((classifier.fit([block, block], labels).predict([block, block])[:, 0] > 0.5) == labels).all()
    assert np.isfinite(classifier.fit([block[:, :1]], labels).predict([block[:, :1]])).all()
