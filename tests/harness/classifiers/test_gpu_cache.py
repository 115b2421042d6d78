"""Blocks on a GPU: copied once, shared, freed. NumPy stands in for CuPy where there is no GPU."""

import sys
from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
import pytest

from fuseboard.harness.classifiers.gpu_cache import _resident, resident
from fuseboard.harness.classifiers.xgboost import XGBoost


def test_without_cupy_the_block_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    block = np.ones((3, 2), np.float32)
    assert resident(block, "cuda") is block


def test_a_block_is_copied_once_per_device_and_goes_with_its_origin(monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[int] = []

    def on(number: int) -> nullcontext[None]:
        used.append(number)
        return nullcontext()

    cupy = SimpleNamespace(asarray=np.copy, cuda=SimpleNamespace(Device=on))
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    block = np.ones((3, 2), np.float32)
    first = resident(block, "cuda:1")
    assert first is resident(block, "cuda:1")
    assert first is not resident(block, "cuda")
    assert used == [1, 0]
    assert len(_resident) == 2
    del block
    assert not _resident


@pytest.mark.gpu
def test_blocks_on_the_device_give_the_trees_of_blocks_of_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    cupy = pytest.importorskip("cupy", reason="the extra `gpu` is not installed")
    if not cupy.cuda.is_available():
        pytest.skip("no CUDA device on this machine")
    random = np.random.default_rng(0)
    blocks = [random.standard_normal((500, width)).astype(np.float32) for width in (20, 30)]
    labels = (blocks[0][:, 0] + blocks[1][:, 0] > 0).astype(int)
    model = XGBoost({"n_estimators": 20, "max_depth": 4}, "binary-class", 2, 42, "cuda")
    there = model.fit(blocks, labels).predict(blocks)
    monkeypatch.setattr("fuseboard.harness.classifiers.xgboost.resident", lambda block, device: block)
    assert np.array_equal(there, model.fit(blocks, labels).predict(blocks))
