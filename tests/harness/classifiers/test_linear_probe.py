"""The linear probe against scikit-learn as a reader of the paper would write it."""

import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_info, threadpool_limits

from fuseboard.harness import evaluations
from fuseboard.harness.classifiers.linear_probe import GRID, LinearProbe
from fuseboard.harness.search.search import Search
from fuseboard.store.results import rows as results
from fuseboard.store.store import Store
from tests.harness.quick import QUICK

DATA = "digits-first120"


def probe(c: float, task: str, n_classes: int) -> LinearProbe:
    return LinearProbe({"C": c, "max_iter": 1000}, task, n_classes)


def plain(c: float) -> Pipeline:
    return make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=1000))


def test_every_row_is_that_of_plain_scikit_learn(store: Path) -> None:
    found = evaluations.get("linear-probe")(Search(Store(store), DATA, QUICK))
    choice, rows = found.choice, found.rows
    everything = results.read(store, "linear-probe", scores=True)
    train, val, test = (Store(store).blocks(DATA, split, ["hog", "pixels"]) for split in ("train", "val", "test"))
    for subset in (["hog"], ["pixels"], ["hog", "pixels"]):
        features = [np.hstack([blocks.features[name] for name in subset]) for blocks in (train, val, test)]
        models = [plain(c) for c in GRID]
        with threadpool_limits(1):  # as the probe's own fits have
            scores = [float(m.fit(features[0], train.labels).score(features[1], val.labels)) for m in models]
        best = int(np.argmax(scores))
        own = {(r["classifier"], r["split"]): r for r in everything.to_dicts() if r["subset"] == subset}
        assert [own[f"linear-probe C={c:g}", "val"]["acc"] for c in GRID] == scores
        chosen = own[f"linear-probe C={GRID[best]:g}", "test"]
        assert chosen["key"] in set(rows["key"])
        np.testing.assert_allclose(chosen["scores"], models[best].predict_proba(features[2]), atol=1e-5)
        assert chosen["acc"] == models[best].score(features[2], test.labels)
    assert choice.measured == 3


def test_several_labels_are_one_versus_rest() -> None:
    random = np.random.default_rng(0)
    train, unseen = (random.normal(size=(60, 5)).astype(np.float32) for _ in range(2))
    labels = (train[:, :3] + random.normal(size=(60, 3)) > 0).astype(np.uint8)
    own = probe(0.1, "multi-label, binary-class", 3).fit([train], labels).predict([unseen])
    peer = OneVsRestClassifier(plain(0.1)).fit(train, labels)
    np.testing.assert_allclose(own, peer.predict_proba(unseen), atol=1e-6)


def test_a_label_with_one_value_in_training_is_that_value() -> None:
    features = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)
    labels = np.stack([np.ones(20), features[:, 0] > 0, np.zeros(20)], axis=1).astype(np.uint8)
    scores = probe(1.0, "multi-label, binary-class", 3).fit([features], labels).predict([features])
    assert (scores[:, 0].tolist(), scores[:, 2].tolist()) == ([1.0] * 20, [0.0] * 20)
    assert 0 < scores[:, 1].min() < 0.5 < scores[:, 1].max() < 1


def test_a_binary_task_has_the_column_of_the_positive_class() -> None:
    features = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32)
    labels = (features[:, 0] > 0).astype(np.uint16)
    scores = probe(1.0, "binary-class", 2).fit([features], labels).predict([features])
    expected = plain(1.0).fit(features, labels).predict_proba(features)[:, 1:]
    np.testing.assert_allclose(scores, expected, atol=1e-6)


def test_a_class_that_training_lacks_has_probability_0() -> None:
    features = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32)
    labels = np.array([0, 1, 3] * 10, np.uint16)
    scores = probe(1.0, "multi-class", 5).fit([features], labels).predict([features])
    assert scores[:, [2, 4]].max() == 0
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-6)


def test_a_constant_column_harms_nothing() -> None:
    features = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32)
    labels, constant = (features[:, 0] > 0).astype(np.uint16), np.full((30, 1), 7, np.float32)
    alone, beside = (
        probe(1.0, "binary-class", 2).fit(blocks, labels).predict(blocks)
        for blocks in ([features], [features, constant])
    )
    np.testing.assert_allclose(alone, beside, atol=1e-4)


def test_fits_side_by_side_leave_threads_and_warnings_as_they_were() -> None:
    features = np.random.default_rng(0).normal(size=(300, 40)).astype(np.float32)
    labels, before = (features[:, 0] > 0).astype(np.uint16), (threadpool_info(), warnings.filters[:])
    short = LinearProbe({"C": 1.0, "max_iter": 2}, "binary-class", 2)  # the limit of iterations is met in silence
    with ThreadPoolExecutor(4) as pool, warnings.catch_warnings():
        warnings.simplefilter("error")
        scores = list(pool.map(lambda _: short.fit([features], labels).predict([features]), range(12)))
    assert all(np.array_equal(scores[0], other) for other in scores)
    assert (threadpool_info(), warnings.filters[:]) == before
