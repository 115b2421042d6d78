"""A whole search on a GPU: every row is what XGBoost's own interface makes of the joined blocks on that card."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from xgboost import XGBClassifier

from fuseboard.harness.classifiers.gpu_cache import resident
from fuseboard.harness.search import strategies
from fuseboard.harness.search.search import Search
from fuseboard.store.results import rows as results
from fuseboard.store.store import Store
from tests.harness.quick import QUICK

pytestmark = pytest.mark.gpu

DATA = "digits-first120"


def test_rows_equal_plain_fits_on_the_same_device(store: Path, device: str) -> None:
    Search(Store(store), DATA, QUICK, device=device).run(strategies.get("exhaustive"))
    train, *unseen = (Store(store).blocks(DATA, split, ["hog", "pixels"]) for split in ("train", "val", "test"))
    kept = results.read(store, scores=True).filter(pl.col("scores").is_not_null())
    assert kept["subset"].list.len().max() == 2
    for row in kept.iter_rows(named=True):
        joined, other = (
            resident(np.hstack([part.features[name] for name in row["subset"]]), device)
            for part in (train, unseen[row["split"] == "test"])
        )
        peer = XGBClassifier(
            **QUICK.params.model_dump(exclude_none=True), random_state=QUICK.seed, n_jobs=1, device=device
        )
        scores = peer.fit(joined, train.labels).predict_proba(other)
        np.testing.assert_array_equal(np.array(row["scores"], np.float32), scores)


def test_rows_say_what_memory_the_trees_took(store: Path, device: str) -> None:
    if device == "cpu" or find_spec("pynvml") is None:
        pytest.skip("the driver is asked through nvidia-ml-py, of the extra `gpu`")
    Search(Store(store), DATA, QUICK, device=device).run(strategies.get("exhaustive"))
    peaks = results.read(store)["peak_vram_mb"]
    assert peaks.null_count() == 0
    assert peaks.min() > 100, "a context of CUDA alone is more"  # type: ignore[operator]
