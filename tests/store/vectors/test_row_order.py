import numpy as np
import pytest

from fuseboard.store.vectors.row_order import followed


@pytest.fixture
def drawn():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, 400).astype(np.uint16)
    return labels, (np.eye(4, 16)[labels] * 2 + rng.normal(size=(400, 16))).astype(np.float32)


def test_vectors_in_the_order_of_their_labels_are_recognised(drawn):
    labels, vectors = drawn
    told = followed(labels, vectors)
    assert "chance is 0.250" in told
    assert "no better than chance" not in told


def test_labels_of_other_rows_are_no_better_than_chance(drawn):
    labels, vectors = drawn
    told = followed(labels, np.random.default_rng(1).permutation(vectors))
    assert "no better than chance, so they may belong to other rows" in told


def test_it_agrees_with_scikit_learns_nearest_centroid(drawn):
    pytest.importorskip("sklearn", reason="scikit-learn is not installed: there is nothing to compare with")
    from sklearn.metrics import balanced_accuracy_score
    from sklearn.neighbors import NearestCentroid

    labels, vectors = drawn
    scale = vectors[::2].std(axis=0)
    theirs = NearestCentroid().fit(vectors[::2] / scale, labels[::2]).predict(vectors[1::2] / scale)
    assert f"recognise {balanced_accuracy_score(labels[1::2], theirs):.3f}" in followed(labels, vectors)


def test_what_cannot_be_judged_is_said():
    assert "several" in followed(np.ones((4, 14), np.uint8), np.ones((4, 2), np.float32))
    assert "so few rows" in followed(np.zeros(4, np.uint16), np.ones((4, 2), np.float32))
