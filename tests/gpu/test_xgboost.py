"""Our trees and XGBoost's own, grown on one device, bit for bit.

Trees of two devices are no measure: a GPU sums XGBoost's histograms in another order, so that its own predictions there
differ from its own on a CPU by .031 on average after 25 trees (400 rows, 30 columns).
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from xgboost import XGBClassifier

from fuseboard.harness.classifiers.gpu_cache import resident
from fuseboard.harness.classifiers.xgboost import XGBoost

pytestmark = pytest.mark.gpu

PARAMS = {"n_estimators": 25, "learning_rate": 0.1, "max_depth": 6}
TASKS = {"binary-class": 2, "multi-class": 5, "multi-label, binary-class": 3}


def made(task: str, rows: int) -> tuple[list[np.ndarray], np.ndarray]:
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 5 if task == "multi-class" else 2, (rows, 3) if task.startswith("multi-label") else rows)
    shift = labels if labels.ndim == 2 else labels[:, None]
    blocks = [rng.standard_normal((rows, width)).astype(np.float32) for width in (12, 18)]
    blocks[0][:, : shift.shape[1]] += shift
    return blocks, labels


def plain(features: Any, labels: np.ndarray, unseen: Any, device: str, **params: float) -> np.ndarray:
    """What XGBoost's own scikit-learn interface predicts of what it is given, wherever that lies."""
    found = XGBClassifier(**PARAMS, **params, random_state=42, n_jobs=1, device=device).fit(features, labels)
    scores: np.ndarray = found.predict_proba(unseen)
    return scores[:, 1:] if labels.ndim == 1 and labels.max() == 1 else scores


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("bins", [64, 256])
def test_predictions_equal_those_of_xgbclassifier(task: str, bins: int, device: str) -> None:
    blocks, labels = made(task, 400)
    unseen = [block[:70] + 0.1 for block in blocks]
    ours = XGBoost({**PARAMS, "max_bin": bins}, task, TASKS[task], 42, device).fit(blocks, labels).predict(unseen)
    joined, other = (resident(np.hstack(part), device) for part in (blocks, unseen))
    np.testing.assert_array_equal(ours, plain(joined, labels, other, device, max_bin=bins))


def test_fits_side_by_side_are_those_of_one_after_another(device: str) -> None:
    blocks, labels = made("multi-class", 300)

    def scores(seed: int) -> np.ndarray:
        return XGBoost({**PARAMS, "subsample": 0.7}, "multi-class", 5, seed, device).fit(blocks, labels).predict(blocks)

    alone = [scores(seed) for seed in range(8)]
    with ThreadPoolExecutor(4) as threads:
        np.testing.assert_array_equal(list(threads.map(scores, range(8))), alone)


def test_blocks_on_the_device_give_the_trees_and_predictions_of_blocks_of_the_host(
    device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("cupy", reason="the extra `gpu` is not installed")
    blocks, labels = made("binary-class", 500)
    model = XGBoost(PARAMS, "binary-class", 2, 42, device)
    there = model.fit(blocks, labels).predict(blocks)
    monkeypatch.setattr("fuseboard.harness.classifiers.xgboost.resident", lambda block, device: block)
    np.testing.assert_array_equal(there, model.fit(blocks, labels).predict(blocks))
