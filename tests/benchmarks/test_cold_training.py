"""A cold `fuse train`: what it costs beyond the extraction that nobody can do without."""

import time
from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from fuseboard.harness.backbones import registry
from fuseboard.harness.datasets import registry as datasets
from fuseboard.harness.extraction.extract import extract
from fuseboard.harness.fusion import from_dataset
from fuseboard.harness.fusion.from_dataset import Recipe, train_on
from fuseboard.store.store import Store

BACKBONES = ("efficientnet-lite0", "hog", "pixels")


def test_training_adds_little_to_the_extraction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, benchmark: BenchmarkFixture
) -> None:
    """BreastMNIST-28 into an empty store, and from there to a saved model; both are timed in the same run."""
    pytest.importorskip("timm")
    monkeypatch.setenv("MEDMNIST_ROOT", str(tmp_path / "none"))
    cards = [registry.get(name) for name in BACKBONES]
    small = Recipe(cards[1:], "all")
    train_on(datasets.get("breastmnist-28-first50"), small, Store(tmp_path / "warm"))  # imports
    spent = []

    def timed(*given: Any, **named: Any) -> Any:
        began = time.perf_counter()
        found = extract(*given, **named)
        spent.append(time.perf_counter() - began)
        return found

    monkeypatch.setattr(from_dataset, "extract", timed)
    began = time.perf_counter()
    train_on(datasets.get("breastmnist-28"), Recipe(cards, "all"), Store(tmp_path / "cold")).save(tmp_path / "model")
    whole = time.perf_counter() - began
    benchmark.pedantic(lambda: None, rounds=1)
    print(f"\nextraction {sum(spent):.1f} s of {whole:.1f} s: {whole / sum(spent):.3f}")
    assert whole < 1.1 * sum(spent)
