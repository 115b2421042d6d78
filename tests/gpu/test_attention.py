"""Attention on a GPU: the module against itself in double precision there, and XGBoost on what comes out."""

from copy import deepcopy
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from xgboost import XGBClassifier

from fuseboard.harness import evaluations
from fuseboard.harness.classifiers.gpu_cache import resident
from fuseboard.harness.evaluations.attention import ablation
from fuseboard.harness.evaluations.attention.module import AttentionFusion, draw
from fuseboard.harness.evaluations.attention.plan import Plan
from fuseboard.harness.evaluations.attention.training import Split, train
from fuseboard.harness.protocols import protocol
from fuseboard.harness.search.search import Search
from fuseboard.store.results import rows as results
from fuseboard.store.store import Store

pytestmark = pytest.mark.gpu

DATA, BACKBONES, STARTER = "digits-first120", ["hog", "pixels"], protocol.get("starter")
TOLERANCE = 2e-5
"""Of outputs that LayerNorm scales to 1: what the CPU is allowed against NumPy. IEEE's single precision rounds at 6e-8
wherever it is computed, only the order of the sums differs; TF32, which rounds at 5e-4, is far outside."""


def split_of(store: Path, split: str) -> Split:
    blocks = Store(store).blocks(DATA, split, BACKBONES)
    return [blocks.features[name] for name in BACKBONES], blocks.labels


def in_double(module: AttentionFusion, blocks: list[np.ndarray], device: str) -> np.ndarray:
    with torch.inference_mode():
        parts = [torch.from_numpy(block).double().to(device) for block in blocks]
        return deepcopy(module).double()(parts).cpu().numpy()


def test_the_module_is_itself_in_double_precision_before_and_after_training(store: Path, device: str) -> None:
    learn, val = split_of(store, "train"), split_of(store, "val")
    module = draw([block.shape[1] for block in learn[0]], 64, 4, 0).to(device)
    np.testing.assert_allclose(module.encode(val[0]), in_double(module, list(val[0]), device), atol=TOLERANCE)
    train(module, learn, val, "multi-class", 10, 0, Plan(epochs=3))
    np.testing.assert_allclose(module.encode(val[0]), in_double(module, list(val[0]), device), atol=TOLERANCE)


def test_training_is_the_same_bit_for_bit_when_it_is_done_again(store: Path, device: str) -> None:
    learn, val = split_of(store, "train"), split_of(store, "val")
    found = []
    for _ in range(2):
        module = draw([block.shape[1] for block in learn[0]], 64, 4, 0).to(device)
        losses = train(module, learn, val, "multi-class", 10, 0, Plan(epochs=5)).losses
        found.append((losses, module.encode(val[0])))
    assert found[0][0] == found[1][0]
    np.testing.assert_array_equal(found[0][1], found[1][1])
    assert found[0][0][-1] < found[0][0][0]


@pytest.mark.parametrize("kind", [ablation.RANDOM, ablation.TRAINED])
def test_rows_are_what_xgbclassifier_makes_of_the_output_on_the_same_device(
    kind: str, store: Path, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ablation, "WIDTHS", (16,))
    monkeypatch.setattr(ablation, "HEADS", (4,))
    made: list[AttentionFusion] = []
    encode = AttentionFusion.encode
    monkeypatch.setattr(AttentionFusion, "encode", lambda self, blocks: made.append(self) or encode(self, blocks))
    rows = evaluations.get(kind)(Search(Store(store), DATA, STARTER, device=device)).rows
    assert rows["device"].unique().to_list() == [device]
    assert device == "cpu" or rows["peak_vram_mb"].min() > 0  # type: ignore[operator]
    fused = {split: resident(made[-1].encode(split_of(store, split)[0]), device) for split in ("train", "val", "test")}
    peer = XGBClassifier(
        **STARTER.params.model_dump(exclude_none=True), random_state=STARTER.seed, n_jobs=1, device=device
    ).fit(fused["train"], split_of(store, "train")[1])
    for split in ("val", "test"):
        kept = results.read(store, kind, scores=True).filter(pl.col("split") == split)["scores"][0].to_list()
        np.testing.assert_array_equal(np.float32(kept), peer.predict_proba(fused[split]))
