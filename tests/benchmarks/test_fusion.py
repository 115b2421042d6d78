"""Fusion: what `fit` costs beside scikit-learn's loop, and what `predict` adds to the backbones' own forward passes."""

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import pytest
from PIL import Image
from pytest_benchmark.fixture import BenchmarkFixture

from fuseboard import Fusion
from fuseboard.harness.backbones import registry
from fuseboard.harness.classifiers.linear_probe import GRID

WIDTHS = {"a": 2048, "b": 1280, "c": 1280, "d": 1280, "e": 1764, "f": 924}
"""Together 8,576, as nine of the paper's backbones have on 546 images of BreastMNIST-64."""


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def test_fit_from_blocks_that_are_there(benchmark: BenchmarkFixture) -> None:
    """All backbones and each alone, every penalty, calibration and novelty; the peer fits the heads alone."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 624)
    blocks = {
        name: (rng.normal(size=(624, width)) + 0.1 * labels[:, None] * (rng.random(width) < 0.1)).astype(np.float32)
        for name, width in WIDTHS.items()
    }
    train, val = ({name: block[rows] for name, block in blocks.items()} for rows in (slice(546), slice(546, None)))

    def ours() -> None:
        Fusion().fit(train, labels[:546], validation=(val, labels[546:]))

    def peer() -> None:
        for names in (*((name,) for name in blocks), tuple(blocks)):
            own = np.hstack([train[name] for name in names])
            for c in GRID:
                made = make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=1_000))
                made.fit(own, labels[:546]).predict_proba(np.hstack([val[name] for name in names]))

    ours()
    spent = [(seconds(ours), seconds(peer)) for _ in range(3)]
    ratio = median(a / b for a, b in spent)
    benchmark.pedantic(lambda: None, rounds=1)
    print(
        f"\nfit {median(a for a, _ in spent):.2f} s, "
        f"scikit-learn's loop {median(b for _, b in spent):.2f} s: {ratio:.2f}"
    )
    assert ratio < 1


def test_predicting_one_image(tmp_path: Path, benchmark: BenchmarkFixture) -> None:
    """From a path to a probability, in turns with the forward passes that nobody can do without."""
    pytest.importorskip("timm")
    rng = np.random.default_rng(0)
    paths = [tmp_path / f"{number}.png" for number in range(24)]
    for path in paths:
        Image.fromarray(rng.integers(0, 256, (64, 64), dtype=np.uint8)).save(path)
    made = Fusion(registry.OFFLINE, store=tmp_path / "store").fit(paths, np.arange(24) % 2)
    embedder = made.embedder_
    assert embedder is not None
    embedder.root = None  # as a saved model does, which keeps nothing of what it predicts

    def forward(path: Path) -> float:
        image, spent = np.asarray(Image.open(path)), 0.0
        for name, card in embedder.cards.items():
            pixels = card.preprocessing.pixels(image)[None]
            spent += seconds(lambda name=name, pixels=pixels: embedder.load(name)[0].encoder.encode(pixels))
        return spent

    for path in paths[:4]:
        forward(path), made.predict_proba([path])
    spent = [(seconds(lambda path=path: made.predict_proba([path])), forward(path)) for path in paths * 2]
    ratio = median(a / b for a, b in spent)
    benchmark.pedantic(lambda: None, rounds=1)
    print(f"\none image {median(a for a, _ in spent) * 1e3:.0f} ms: {ratio:.2f} times the forward passes")
    assert ratio <= 1.2
