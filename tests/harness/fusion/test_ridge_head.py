"""The ridge head against scikit-learn."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from fuseboard.harness.classifiers.heads import fit_ridge
from fuseboard.harness.classifiers.heads.ridge import GRID
from fuseboard.harness.classifiers.tasks import REGRESSION

WIDE, TALL = (40, 30), (5, 3)


def peer(alpha: float) -> Pipeline:
    return make_pipeline(StandardScaler(), Ridge(alpha=alpha))


def draw(rows: int, widths: tuple[int, ...], seed: int) -> tuple[list[np.ndarray], np.ndarray]:
    random = np.random.default_rng(seed)
    blocks = [(20 + random.normal(size=(rows, width))).astype(np.float32) for width in widths]
    return blocks, 1_000 + blocks[0][:, 0] - blocks[1][:, 1] + random.normal(size=rows)


@pytest.mark.parametrize("widths", [WIDE, TALL])
@pytest.mark.parametrize("weighted", [False, True])
def test_it_is_the_best_of_scikit_learn(widths: tuple[int, ...], weighted: bool) -> None:
    (train, targets), (unseen, others) = draw(60, widths, 0), draw(40, widths, 1)
    whole, rest = (np.concatenate(blocks, axis=1, dtype=np.float64) for blocks in (train, unseen))
    weights = np.arange(60) % 3 if weighted else None
    times = weights if weights is not None else np.ones(60, int)
    predictions = [peer(a).fit(whole.repeat(times, axis=0), targets.repeat(times)).predict(rest) for a in GRID]
    best = int(np.argmin([((each - others) ** 2).mean() for each in predictions]))
    head = fit_ridge(train, targets, REGRESSION, 1, (unseen, others), sample_weight=weights)
    assert head.penalty == GRID[best]
    np.testing.assert_allclose(head.predict(unseen)[:, 0], predictions[best], rtol=1e-6)
    np.testing.assert_allclose(
        head.base(unseen) + head.contributions(unseen).sum(axis=2), head.decision(unseen), rtol=1e-12
    )


def test_a_constant_target_and_constant_columns_give_the_constant() -> None:
    blocks, _ = draw(10, WIDE, 0)
    blocks[0][:] = 3
    head = fit_ridge(blocks, np.full(10, 7.5), REGRESSION, 1)
    np.testing.assert_allclose(head.predict(blocks), 7.5)


@pytest.mark.parametrize("widths", [WIDE, TALL])
def test_without_validation_folds_of_training_choose(widths: tuple[int, ...]) -> None:
    train, targets = draw(60, widths, 0)
    head = fit_ridge(train, targets, REGRESSION, 1)
    assert head.penalty < GRID[0]
    whole = np.concatenate(train, axis=1, dtype=np.float64)
    again = peer(head.penalty).fit(whole, targets).predict(whole)
    np.testing.assert_allclose(head.predict(train)[:, 0], again, rtol=1e-6)
