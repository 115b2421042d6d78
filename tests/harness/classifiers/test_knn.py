"""k nearest neighbours against scikit-learn's own classifier."""

import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.neighbors import KNeighborsClassifier

from fuseboard.harness import evaluations
from fuseboard.harness.classifiers import knn
from fuseboard.harness.search.search import Search
from fuseboard.store.results import rows as results
from fuseboard.store.store import Store
from tests.harness.quick import QUICK

DATA = "digits-first120"


def test_every_row_is_that_of_plain_scikit_learn(store: Path) -> None:
    rows = evaluations.get("knn")(Search(Store(store), DATA, QUICK)).rows
    everything = results.read(store, "knn", scores=True)
    train, val, test = (Store(store).blocks(DATA, split, ["hog", "pixels"]) for split in ("train", "val", "test"))
    for subset in (["hog"], ["pixels"], ["hog", "pixels"]):
        features = [
            np.hstack([b.features[n] / np.linalg.norm(b.features[n], axis=1, keepdims=True) for n in subset])
            for b in (train, val, test)
        ]
        peers = {k: KNeighborsClassifier(k, metric="cosine").fit(features[0], train.labels) for k in knn.GRID}
        scores = {k: float(peer.score(features[1], val.labels)) for k, peer in peers.items()}
        best = max(scores, key=lambda k: (scores[k], k))
        own = {(r["classifier"], r["split"]): r for r in everything.to_dicts() if r["subset"] == subset}
        assert {k: own[f"knn k={k}", "val"]["acc"] for k in knn.GRID} == scores
        chosen = own[f"knn k={best}", "test"]
        assert chosen["key"] in set(rows["key"])
        np.testing.assert_allclose(chosen["scores"], peers[best].predict_proba(features[2]), atol=1e-6)


def test_similarity_is_the_mean_of_the_backbones_own() -> None:
    random = np.random.default_rng(0)
    blocks = [random.normal(size=(6, 3)).astype(np.float32), 1e4 * random.normal(size=(6, 50)).astype(np.float32)]
    rows = knn.joined(blocks).astype(np.float64)
    cosine = [block @ block.T / np.outer(*[np.linalg.norm(block, axis=1)] * 2) for block in blocks]
    np.testing.assert_allclose(rows @ rows.T / 2, np.mean(cosine, axis=0), atol=1e-6)


def test_labels_and_binary_classes_are_voted_on_alike() -> None:
    random = np.random.default_rng(0)
    train, unseen = (random.normal(size=(40, 4)).astype(np.float32) for _ in range(2))
    labels = random.integers(0, 2, (40, 3)).astype(np.uint8)
    peer = KNeighborsClassifier(5, metric="cosine").fit(train, labels).predict_proba(unseen)
    near = knn.neighbours(train, unseen, 5)
    several = knn.shares(knn.truth_of("multi-label, binary-class", labels, 3), near)
    np.testing.assert_allclose(several, np.stack([scores[:, 1] for scores in peer], axis=1), atol=1e-6)
    binary = knn.shares(knn.truth_of("binary-class", labels[:, 1], 2), near)
    np.testing.assert_allclose(binary, several[:, [1]], atol=1e-6)


def test_k_is_at_most_the_training_images(tmp_path: Path, small_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knn, "GRID", (500, 120, 1))
    store = Path(shutil.copytree(small_store, tmp_path / "store"))
    evaluations.get("knn")(Search(Store(store), DATA, QUICK))
    rows = results.read(store, "knn")
    assert set(rows["classifier"]) == {"knn k=120", "knn k=1"}
    assert rows.filter(pl.col("classifier") == "knn k=120")["auc"].unique().to_list() == [0.5], "all vote for everyone"
