"""XGBoost's trees on a few hundred rows, grown from sorted columns: what one fit takes, by processor time."""

import time

import numpy as np
import pytest

from fuseboard.harness.classifiers.presorted_trees.presorted import Grown, Presorted
from fuseboard.harness.classifiers.xgboost import XGBoost
from fuseboard.store.arrays import BINARY

pytest.importorskip("numba", reason="needs the extra `trees`")
PAPER = {"n_estimators": 250, "learning_rate": 0.1, "max_depth": 6}


@pytest.mark.parametrize("rows", [200, 546, 1_000])
def test_a_fit_of_the_papers_protocol(rows: int) -> None:
    random = np.random.default_rng(0)
    factors = random.normal(size=(rows, 60))
    features = [(factors @ random.normal(size=(60, 1_280)) + random.normal(size=(rows, 1_280))).astype(np.float32)]
    labels = (factors[:, 0] + 1.5 * random.normal(size=rows) > 0).astype(int)
    Presorted({**PAPER, "n_estimators": 1}, BINARY, 2).fit(features, labels)  # compiles
    seconds, answers = [], []
    for kind in (Presorted, XGBoost):
        began = time.thread_time()
        fitted = kind(PAPER, BINARY, 2, seed=42).fit(features, labels)
        seconds.append(time.thread_time() - began)
        answers.append(fitted.predict(features))
        assert isinstance(fitted, Grown) is (kind is Presorted)
    print(f"\n{rows} rows: {seconds[0]:.2f} s, XGBoost {seconds[1]:.2f} s ({seconds[1] / seconds[0]:.1f}x)")
    np.testing.assert_array_equal(*answers)
