"""Our boosters against plain scikit-learn-style XGBoost."""

import json
from dataclasses import replace

import numpy as np
import pytest
from xgboost import XGBClassifier

from fuseboard.harness.classifiers import fusion
from fuseboard.harness.classifiers.xgboost import XGBoost
from fuseboard.harness.protocols import protocol

PARAMS = {"n_estimators": 12, "learning_rate": 0.1, "max_depth": 6}


@pytest.mark.parametrize("classes", [2, 5])
def test_predictions_equal_plain_xgbclassifier_on_the_joined_matrix(classes: int) -> None:
    rng = np.random.default_rng(classes)
    labels = np.concatenate([np.arange(classes), rng.integers(0, classes, 195)])
    left, right = (rng.standard_normal((len(labels), width)).astype(np.float32) + labels[:, None] for width in (17, 30))
    features = np.hstack([left, right])
    task = "binary-class" if classes == 2 else "multi-class"
    ours = XGBoost(PARAMS, task, classes, seed=42).fit([features], labels).predict([features])
    plain = XGBClassifier(**PARAMS, random_state=42, n_jobs=2).fit(features, labels).predict_proba(features)
    np.testing.assert_array_equal(ours, plain[:, 1:] if classes == 2 else plain)


TEN = {
    "learning_rate": 0.03,
    "n_estimators": 7,
    "max_depth": 9,
    "max_leaves": 31,
    "min_child_weight": 5,
    "subsample": 0.6,
    "colsample_bytree": 0.8,
    "reg_alpha": 0.1,
    "reg_lambda": 10.0,
    "max_bin": 128,
}
"""The paper's ten parameters, none at XGBoost's default."""


def made(params: dict[str, float]) -> tuple[XGBoost, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    features = rng.standard_normal((600, 12)).astype(np.float32)
    labels = (features[:, :3] + rng.standard_normal((600, 3))).argmax(axis=1)
    rules = protocol.get("biofuse-2026").with_params(params)
    return XGBoost(rules.params.model_dump(exclude_none=True), "multi-class", 3, seed=42), features, labels


def test_every_tuned_parameter_reaches_the_booster() -> None:
    """Read back from the grown booster: the paper's code tuned ten and handed over two."""
    assert set(protocol.get("biofuse-2026").tuning.space) == set(TEN)
    classifier, features, labels = made(TEN)
    booster = classifier.fit([features], labels).booster
    config = json.loads(booster.save_config())["learner"]["gradient_booster"]["tree_train_param"]
    read = {"n_estimators": booster.num_boosted_rounds()} | {n: float(config[n]) for n in TEN if n != "n_estimators"}
    assert read == pytest.approx(TEN, rel=1e-6)


@pytest.mark.parametrize("name", TEN)
def test_every_tuned_parameter_changes_the_trees(name: str) -> None:
    """A parameter could be in the configuration and be used by nobody."""
    base = {**TEN, "n_estimators": 20, "max_leaves": 12}
    other = {
        "learning_rate": 0.3,
        "n_estimators": 5,
        "max_depth": 2,
        "max_leaves": 5,
        "min_child_weight": 1,
        "subsample": 1.0,
        "colsample_bytree": 0.6,
        "reg_alpha": 10.0,
        "reg_lambda": 0.0,
        "max_bin": 4,
    }
    one, two = (made({**base, name: value}) for value in (base[name], other[name]))
    assert not np.array_equal(
        *(model.fit([features], labels).predict([features]) for model, features, labels in (one, two))
    )


def test_all_ten_parameters_give_the_predictions_of_plain_xgbclassifier() -> None:
    classifier, features, labels = made(TEN)
    plain = XGBClassifier(**TEN, random_state=42, n_jobs=2).fit(features, labels)
    np.testing.assert_array_equal(classifier.fit([features], labels).predict([features]), plain.predict_proba(features))


def test_the_number_of_threads_changes_no_prediction() -> None:
    """Also where rows and features are sampled; so a row need not say how many there were."""
    classifier, features, labels = made(TEN)
    one, many = (replace(classifier, threads=n).fit([features], labels).predict([features]) for n in (1, 3))
    np.testing.assert_array_equal(one, many)


@pytest.mark.parametrize(("rows", "ties"), [(700, False), (9_001, False), (9_001, True)])
def test_blocks_in_batches_of_rows_give_the_predictions_of_the_joined_matrix(
    rows: int, ties: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where there are more rows than a quantile sketch holds, constant columns and many equal values."""
    monkeypatch.setattr(fusion.batches, "__defaults__", (333,))
    monkeypatch.setattr(fusion, "BATCH_ROWS", 333)
    rng = np.random.default_rng(rows)
    labels = rng.integers(0, 3, rows)
    blocks = [(rng.standard_normal((rows, width)) + labels[:, None] * 0.3).astype(np.float32) for width in (3, 1, 4)]
    blocks[1][:] = 5
    if ties:
        blocks[2] = blocks[2].round()
    joined = np.hstack(blocks)
    plain = XGBClassifier(**PARAMS, random_state=42, n_jobs=2).fit(joined, labels).predict_proba(joined)
    ours = XGBoost(PARAMS, "multi-class", 3, seed=42).fit(blocks, labels).predict(blocks)
    np.testing.assert_array_equal(ours, plain)


def test_multi_label_equals_one_model_per_label() -> None:
    rng = np.random.default_rng(7)
    features = rng.standard_normal((150, 20)).astype(np.float32)
    labels = (features[:, :4] + rng.standard_normal((150, 4)) > 0).astype(np.uint8)
    ours = XGBoost(PARAMS, "multi-label, binary-class", 4, seed=42).fit([features], labels).predict([features])
    for label in range(4):
        plain = XGBClassifier(**PARAMS, random_state=42, n_jobs=1).fit(features, labels[:, label])
        np.testing.assert_array_equal(ours[:, label], plain.predict_proba(features)[:, 1])


def test_a_class_absent_from_training_still_has_a_column() -> None:
    rng = np.random.default_rng(1)
    features = rng.standard_normal((60, 5)).astype(np.float32)
    scores = XGBoost(PARAMS, "multi-class", 4, seed=42).fit([features], rng.integers(0, 3, 60)).predict([features])
    assert scores.shape == (60, 4)
