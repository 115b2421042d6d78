"""Searching: subsets side by side against the loop that users write."""

import shutil
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from xgboost import XGBClassifier

from fuseboard.harness.backbones import registry
from fuseboard.harness.datasets import registry as datasets
from fuseboard.harness.extraction.extract import extract
from fuseboard.harness.protocols import protocol
from fuseboard.harness.runtime.profiling import cores
from fuseboard.harness.search import strategies
from fuseboard.harness.search.search import Search
from fuseboard.store.store import Store

NAMES = ("hog", "pixels", "pixels-b")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("search")
    for name in NAMES:
        card = registry.get(name.removesuffix("-b")).model_copy(update={"id": name})
        extract(card, datasets.get("digits"), Store(root))
    return root


@pytest.mark.skipif(cores() < 2, reason="one core runs one fit at a time")
def test_side_by_side_beats_one_fit_on_all_cores(store: Path, tmp_path: Path, ratio: Callable[..., float]) -> None:
    rules = protocol.get("starter")
    rounds = iter(range(99))

    def ours() -> None:
        root = Path(shutil.copytree(store, tmp_path / str(next(rounds))))
        Search(Store(root), "digits", rules, NAMES).run(strategies.get("exhaustive"))

    def peer() -> None:
        blocks = {split: Store(store).blocks("digits", split, NAMES) for split in ("train", "val", "test")}
        for size in range(1, len(NAMES) + 1):
            for subset in combinations(NAMES, size):
                joined = {s: np.hstack([b.features[n] for n in subset]) for s, b in blocks.items()}
                model = XGBClassifier(**rules.params.model_dump(exclude_none=True), random_state=42, n_jobs=cores())
                model.fit(joined["train"], blocks["train"].labels)
                model.predict_proba(joined["val"])
                model.predict_proba(joined["test"])

    assert ratio(ours, peer, rounds=2) > 1
