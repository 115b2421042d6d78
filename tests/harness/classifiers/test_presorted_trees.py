"""Trees grown from sorted columns against XGBoost's own, bit for bit: a release that rounds otherwise fails here."""

from typing import Any

import numpy as np
import pytest

from fuseboard.harness.classifiers.presorted_trees.presorted import MOST_ROWS, Grown, Presorted, agrees, faster
from fuseboard.harness.classifiers.xgboost import XGBoost

PAPER = {"n_estimators": 250, "learning_rate": 0.1, "max_depth": 6}
TASKS = {"binary-class": 2, "multi-class": 4, "multi-label, binary-class": 3}
NUMBA = "needs the extra `trees`"


def made(task: str, rows: int, seed: int) -> tuple[list[np.ndarray], np.ndarray, list[np.ndarray]]:
    """Two blocks, labels and unseen rows. Columns are normal, or have few values, one value, or are another's copy."""
    random = np.random.default_rng(seed)
    left = random.normal(size=(2 * rows, 12)).astype(np.float32)
    coarse = np.round(random.normal(size=(2 * rows, 8)) * 2).astype(np.float32)
    right = np.concatenate([coarse, np.ones((2 * rows, 1)), left[:, :2], -left[:, 2:3], 0 * coarse[:, :1]], axis=1)
    signal = left[:rows, : TASKS[task]] + 0.7 * random.normal(size=(rows, TASKS[task]))
    several = task.startswith("multi-label")
    labels = (signal > 0.5).astype(np.uint8) if several else signal.argmax(axis=1)
    blocks = [left, right.astype(np.float32)]
    blocks[0][rows] = 1e9
    return [block[:rows] for block in blocks], labels, [block[rows:] for block in blocks]


def same(task: str, params: dict[str, Any], rows: int, seed: int) -> bool:
    train, labels, unseen = made(task, rows, seed)
    ours, peer = (kind(params, task, TASKS[task], seed=42).fit(train, labels) for kind in (Presorted, XGBoost))
    assert isinstance(ours, Grown)
    return all(np.array_equal(ours.predict(blocks), peer.predict(blocks)) for blocks in (train, unseen))


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize(
    "params",
    [
        {"n_estimators": 60, "learning_rate": 0.1, "max_depth": 6},
        {"n_estimators": 25, "learning_rate": 1.0, "max_depth": 8},
        {"n_estimators": 40, "learning_rate": 0.3, "max_depth": 1, "max_bin": 512},
        {"n_estimators": 40, "learning_rate": 0.03, "max_depth": 4, "max_bin": 7},
    ],
    ids=["deep", "deeper, at full rate", "stumps", "few bins"],
)
def test_every_probability_equals_xgboosts(task: str, params: dict[str, Any]) -> None:
    """Seeds 2 and 107 have splits that differ by less than the last digit of a gain."""
    pytest.importorskip("numba", reason=NUMBA)
    for seed, rows in ((0, 40), (2, 333), (107, 150)):
        assert same(task, params, rows, seed)


def test_the_papers_setting_on_as_many_rows_as_it_is_used_for() -> None:
    pytest.importorskip("numba", reason=NUMBA)
    assert same("binary-class", PAPER, MOST_ROWS, 0)


def test_what_cannot_be_summed_exactly_is_left_to_xgboost() -> None:
    """A tree per round at the full rate makes some rows so certain that their derivatives vanish beside the others."""
    pytest.importorskip("numba", reason=NUMBA)
    from fuseboard.harness.classifiers.presorted_trees.loss import adds_up_exactly

    assert adds_up_exactly(np.array([0.5, 0.25, -3e-7], np.float32))
    assert not adds_up_exactly(np.array([0.5, 0.25, 1e-9], np.float32))


def test_numbers_that_are_none_are_left_to_xgboost() -> None:
    train, labels, _ = made("binary-class", 60, 0)
    train[0][5, 3] = np.nan
    params = {**PAPER, "n_estimators": 5}
    ours, peer = (kind(params, "binary-class", 2).fit(train, labels) for kind in (Presorted, XGBoost))
    assert not isinstance(ours, Grown)
    np.testing.assert_array_equal(ours.predict(train), peer.predict(train))


@pytest.mark.parametrize(
    ("params", "rows", "taken"),
    [
        (PAPER, MOST_ROWS, True),
        (PAPER, MOST_ROWS + 1, False),
        ({**PAPER, "n_estimators": 20}, 500, False),
        ({**PAPER, "max_bin": 32}, 500, False),
        ({**PAPER, "max_depth": 15}, 500, False),
        ({**PAPER, "subsample": 0.8}, 500, False),
    ],
)
def test_it_is_taken_only_where_it_is_known_to_be_equal_and_faster(
    params: dict[str, Any], rows: int, taken: bool
) -> None:
    pytest.importorskip("numba", reason=NUMBA)
    assert (faster(XGBoost(params, "binary-class", 2), rows) is not None) is taken
    assert faster(XGBoost(params, "binary-class", 2, device="cuda"), rows) is None


def test_a_trial_tells_equal_trees_from_others() -> None:
    pytest.importorskip("numba", reason=NUMBA)

    class Other(Presorted):
        """Trees of another learning rate."""

        def fit(self, *args: Any) -> Any:
            return XGBoost({**self.params, "learning_rate": 0.2}, self.task, self.n_classes).fit(*args)

    train, labels, unseen = made("binary-class", 100, 0)
    assert agrees(Presorted(PAPER, "binary-class", 2), train, labels, [unseen])
    assert not agrees(Other(PAPER, "binary-class", 2), train, labels, [unseen])


def test_what_no_place_can_keep_is_compiled_all_the_same() -> None:
    """Numba refuses to keep what stands in no file, as it does where no folder may be written to."""
    pytest.importorskip("numba", reason=NUMBA)
    from fuseboard.harness.classifiers.presorted_trees.compiled import compiled

    space: dict[str, Any] = {}
    exec("def more(x):\n    return x + 1", space)
    assert compiled(space["more"])(1) == 2
