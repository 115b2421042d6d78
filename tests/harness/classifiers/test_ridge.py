"""Ridge: scikit-learn's own numbers on the joined matrix, literal leave-one-out, and work that subsets share."""

import gc
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import Ridge as Peer
from sklearn.linear_model import RidgeCV
from sklearn.metrics import log_loss
from sklearn.preprocessing import StandardScaler

from fuseboard.harness.classifiers import products, spectrum
from fuseboard.harness.classifiers.gram import Standardiser
from fuseboard.harness.classifiers.platt import Platt
from fuseboard.harness.classifiers.ridge import Ridge
from fuseboard.store.arrays import BINARY, MULTI_CLASS, MULTI_LABEL

PARAMS = {"weakest": -2, "strongest": 7}
ALPHAS = 10.0 ** np.arange(-2, 8)
FEW, MANY = 60, 300
WIDTHS = (50, 70)  # together wider than few rows are many, and narrower than many


def data(task: str, rows: int) -> tuple[list[NDArray[np.float32]], NDArray[np.int64]]:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2 if task == BINARY else 4, rows)
    hidden = labels[:, None] + rng.normal(size=(rows, 3))
    blocks = [(hidden @ rng.normal(size=(3, w)) + 2 * rng.normal(size=(rows, w)) + 5) for w in WIDTHS]
    blocks[1] *= 100  # another scale
    blocks[0][:, 3] = 7.0  # constant
    if task == MULTI_LABEL:
        labels = (labels[:, None] > np.arange(3)).astype(int)
    return [block.astype(np.float32) for block in blocks], labels


def hot(task: str, labels: NDArray[np.int64]) -> NDArray[np.float64]:
    if task == MULTI_CLASS:
        return np.eye(4)[labels]
    return labels.reshape(len(labels), -1).astype(float)


@pytest.mark.parametrize("rows", [FEW, MANY])
@pytest.mark.parametrize("task", [BINARY, MULTI_CLASS, MULTI_LABEL])
def test_weights_and_penalty_are_those_of_scikit_learn_on_the_joined_matrix(task: str, rows: int) -> None:
    blocks, labels = data(task, rows + 40)
    train, unseen = [block[:rows] for block in blocks], [block[rows:] for block in blocks]
    fitted = Ridge(PARAMS, task, 4).fit(train, labels[:rows])
    scaler = StandardScaler().fit(np.concatenate(train, axis=1).astype(float))
    joined, others = (scaler.transform(np.concatenate(x, axis=1).astype(float)) for x in (train, unseen))
    truth = hot(task, labels[:rows])
    peer = Peer(fitted.alpha).fit(joined, truth)
    expected = peer.predict(others).reshape(len(others), -1)
    assert np.abs(fitted.decision(unseen) - expected).max() < 1e-9
    assert fitted.alpha == RidgeCV(ALPHAS).fit(joined, truth).alpha_  # leave-one-out, too


@pytest.mark.parametrize("rows", [FEW, MANY])
def test_left_out_decisions_are_those_of_fits_without_the_row(rows: int) -> None:
    blocks, labels = data(MULTI_CLASS, rows)
    truth = hot(MULTI_CLASS, labels)
    center = truth.mean(axis=0)
    found = spectrum.spectrum(blocks, truth - center).left_out(100.0, truth - center) + center
    joined = StandardScaler().fit_transform(np.concatenate(blocks, axis=1).astype(float))
    for row in (0, rows // 2, rows - 1):
        others = np.arange(rows) != row
        alone = Peer(100.0).fit(joined[others], truth[others]).predict(joined[[row]])[0]
        assert np.abs(found[row] - alone).max() < 1e-9


def test_rows_and_columns_are_two_ways_to_the_same_weights() -> None:
    blocks, labels = data(BINARY, FEW)
    narrow = [blocks[0][:, :20], blocks[1][:, :20]]
    wide = [*narrow, np.zeros((FEW, 100), np.float32)]  # columns that say nothing make rows the fewer
    one, other = (Ridge(PARAMS, BINARY, 2).fit(each, labels) for each in (narrow, wide))
    assert one.alpha == other.alpha
    assert np.abs(one.predict(narrow) - other.predict(wide)).max() < 1e-6


@pytest.mark.parametrize("rows", [FEW, MANY])
def test_torch_has_the_same_numbers(rows: int) -> None:
    blocks, labels = data(MULTI_CLASS, rows)
    here = Ridge(PARAMS, MULTI_CLASS, 4).fit(blocks, labels)
    there = Ridge(PARAMS, MULTI_CLASS, 4, device="cpu:0").fit(blocks, labels)  # a device of torch's, as cuda is
    assert there.alpha == here.alpha
    assert np.abs(there.decision(blocks) - here.decision(blocks)).max() < 1e-9


def test_of_many_rows_a_draw_is_left_out_in_turn_and_all_are_learned_from(monkeypatch: pytest.MonkeyPatch) -> None:
    blocks, labels = data(BINARY, MANY)
    whole = Ridge(PARAMS, BINARY, 2).fit(blocks, labels)
    monkeypatch.setattr(spectrum, "LOOKED_AT", 100)
    truth = hot(BINARY, labels)
    found = spectrum.spectrum(blocks, truth - truth.mean(axis=0))
    assert len(found.looked_at) == 100
    part = Ridge(PARAMS, BINARY, 2).fit(blocks, labels)
    assert part.alpha == whole.alpha
    assert np.array_equal(part.decision(blocks), whole.decision(blocks))


def test_probabilities_are_better_than_decisions_taken_as_such() -> None:
    blocks, labels = data(BINARY, MANY)
    rare = np.flatnonzero((labels == 0) | (np.arange(MANY) % 5 == 0))
    train, unseen = rare[::2], rare[1::2]
    fitted = Ridge(PARAMS, BINARY, 2).fit([block[train] for block in blocks], labels[train])
    others = [block[unseen] for block in blocks]
    naive = np.clip(fitted.decision(others), 0.001, 0.999)
    assert log_loss(labels[unseen], fitted.predict(others)) < log_loss(labels[unseen], naive)


@pytest.mark.parametrize("task", [BINARY, MULTI_CLASS, MULTI_LABEL])
def test_what_training_never_has_is_unlikely_and_nothing_is_certain(task: str) -> None:
    blocks, labels = data(task, FEW)
    if task == MULTI_LABEL:
        labels[:, 2] = 0
    elif task == MULTI_CLASS:
        labels[labels == 2] = 1
    blocks[0][:, 0] = 1000 * labels.reshape(len(labels), -1)[:, 0]  # no mistake is possible
    scores = Ridge(PARAMS, task, 4).fit(blocks, labels).predict(blocks)
    assert scores.min() >= 0
    assert scores.max() <= 1
    assert np.isfinite(scores).all()
    if task != BINARY:
        assert scores[:, 2].max() < 0.05


def test_constant_blocks_say_how_frequent_a_class_is() -> None:
    labels = np.array([0, 0, 0, 1] * 10)
    scores = Ridge(PARAMS, BINARY, 2).fit([np.ones((40, 8), np.float32)], labels).predict([np.ones((2, 8), np.float32)])
    assert scores == pytest.approx(0.25, abs=0.02)


def test_products_are_taken_once_for_all_subsets_and_freed_with_the_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    blocks, labels = data(BINARY, FEW)
    measured: list[int] = []
    of: Callable[..., Standardiser] = Standardiser.of
    monkeypatch.setattr(Standardiser, "of", lambda block, weights: measured.append(1) or of(block, weights))
    subsets = [[0], [1], [0, 1]] * 4
    own, ids = list(blocks), {id(block) for block in blocks}
    start = threading.Barrier(len(subsets))

    def fit(subset: list[int]) -> float:
        start.wait()
        return Ridge(PARAMS, BINARY, 2).fit([own[k] for k in subset], labels).alpha

    with ThreadPoolExecutor(len(subsets)) as threads:
        list(threads.map(fit, subsets))
    assert len(measured) == 2
    del blocks
    own.clear()
    gc.collect()
    assert not any(ids & set(key) for key in products._known)


def test_platt_finds_slope_and_offset_that_made_the_answers() -> None:
    rng = np.random.default_rng(0)
    decisions = rng.normal(size=(20_000, 1))
    truth = rng.random((20_000, 1)) < 1 / (1 + np.exp(-(3 * decisions - 1)))
    found = Platt.fit(decisions, truth.astype(float), "sigmoid")
    assert found.slope[0] == pytest.approx(3, abs=0.15)
    assert found.offset[0] == pytest.approx(-1, abs=0.1)
