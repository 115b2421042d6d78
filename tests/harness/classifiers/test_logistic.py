"""Logistic regression as a protocol's classifier: scikit-learn's own, and a penalty that folds of training choose."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fuseboard.harness.classifiers.heads import choice
from fuseboard.harness.classifiers.logistic import Logistic
from fuseboard.harness.classifiers.metrics import log_loss

PENALTIES = [1e-3, 1e-2, 1e-1]
PARAMS = {"strongest": -3, "weakest": -1}


@pytest.mark.parametrize(("task", "classes"), [("binary-class", 2), ("multi-class", 3)])
def test_probabilities_are_those_of_scikit_learn_at_the_penalty_that_folds_prefer(task: str, classes: int) -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, classes, 90)
    blocks = [
        (labels[:, None] * rng.normal(size=w) + 2 * rng.normal(size=(90, w))).astype(np.float32) for w in (30, 80)
    ]
    joined = np.concatenate(blocks, axis=1).astype(float)

    def peer(c: float, rows: np.ndarray) -> LogisticRegression:
        model = make_pipeline(StandardScaler(), LogisticRegression(C=c, tol=1e-8, max_iter=5_000))
        return model.fit(joined[rows], labels[rows])

    def answers(model: LogisticRegression, rows: np.ndarray) -> np.ndarray:
        said: np.ndarray = model.predict_proba(joined[rows])
        return said[:, 1:] if classes == 2 else said

    losses = []
    for c in PENALTIES:
        parts = [
            (held.sum(), log_loss(task, labels[held], answers(peer(c, ~held), held))) for held in choice.folds(labels)
        ]
        losses.append(sum(count * loss for count, loss in parts))
    best = PENALTIES[int(np.argmin(losses))]
    fitted = Logistic(PARAMS, task, classes).fit(blocks, labels)
    assert fitted.penalty == pytest.approx(best)
    everyone = np.ones(90, bool)
    assert np.abs(fitted.predict(blocks) - answers(peer(best, everyone), everyone)).max() < 1e-3
