"""The head of trees against plain XGBoost."""

from pathlib import Path

import numpy as np
import pytest
import xgboost as xgb

from fuseboard.harness.classifiers.heads import Trees, fit_trees
from fuseboard.harness.classifiers.heads import trees as tree_head
from fuseboard.harness.classifiers.tasks import REGRESSION
from fuseboard.store.arrays import BINARY, MULTI_CLASS, MULTI_LABEL

PARAMS = {"n_estimators": 8, "learning_rate": 0.3, "max_depth": 3}
RANDOM = np.random.default_rng(0)
BLOCKS = [RANDOM.normal(size=(80, width)).astype(np.float32) for width in (4, 6)]
NOISY = BLOCKS[1][:, :3] + RANDOM.normal(size=(80, 3))
CASES = {
    BINARY: (xgb.XGBClassifier, (NOISY[:, 0] > 0).astype(int), 2, 1),
    MULTI_CLASS: (xgb.XGBClassifier, NOISY.argmax(axis=1), 3, 3),
    MULTI_LABEL: (xgb.XGBClassifier, (NOISY > 0).astype(int), 3, 3),
    REGRESSION: (xgb.XGBRegressor, 40 + NOISY[:, 0], 1, 1),
}


@pytest.mark.parametrize("task", CASES)
def test_it_is_plain_xgboost(task: str) -> None:
    kind, labels, classes, columns = CASES[task]
    head = fit_trees(BLOCKS, labels, task, classes, PARAMS)
    whole = np.concatenate(BLOCKS, axis=1)
    plain = kind(**PARAMS, n_jobs=1, random_state=0).fit(whole, labels)
    expected = plain.predict(whole) if task == REGRESSION else plain.predict_proba(whole)
    expected = expected[:, 1:] if task == BINARY else expected.reshape(80, -1)
    assert head.predict(BLOCKS).shape == (80, columns)
    np.testing.assert_allclose(head.predict(BLOCKS), expected, rtol=1e-5)


@pytest.mark.parametrize("task", CASES)
def test_contributions_are_xgboosts_summed_by_block(task: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _, labels, classes, columns = CASES[task]
    head = fit_trees(BLOCKS, labels, task, classes, PARAMS)
    shares = head.contributions(BLOCKS)
    plain = head.booster.predict(xgb.DMatrix(np.concatenate(BLOCKS, axis=1)), pred_contribs=True)
    plain = plain.reshape(80, columns, 11)
    expected = np.stack([plain[:, :, :4].sum(axis=2), plain[:, :, 4:10].sum(axis=2)], axis=2)
    np.testing.assert_allclose(shares, expected, atol=1e-5)
    np.testing.assert_allclose(head.base(BLOCKS) + shares.sum(axis=2), head.decision(BLOCKS), atol=1e-4)
    monkeypatch.setattr(tree_head, "SHARES", 7 * columns * 11)  # seven rows at a time
    np.testing.assert_array_equal(head.contributions(BLOCKS), shares)


def test_a_class_that_training_lacks_has_hardly_any_probability() -> None:
    labels = NOISY.argmax(axis=1)
    scores = fit_trees(BLOCKS, labels, MULTI_CLASS, 4, PARAMS).predict(BLOCKS)
    assert scores[:, 3].max() < 0.1
    np.testing.assert_allclose(scores.sum(axis=1), 1, rtol=1e-6)


def test_a_booster_that_was_written_and_read_predicts_the_same_bits(tmp_path: Path) -> None:
    head = fit_trees(BLOCKS, NOISY.argmax(axis=1), MULTI_CLASS, 3, PARAMS)
    head.booster.save_model(tmp_path / "trees.ubj")
    again = Trees(xgb.Booster(model_file=tmp_path / "trees.ubj"), head.link, head.classes)
    np.testing.assert_array_equal(again.predict(BLOCKS), head.predict(BLOCKS))
    np.testing.assert_array_equal(again.contributions(BLOCKS), head.contributions(BLOCKS))
