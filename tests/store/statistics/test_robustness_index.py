"""The robustness index, held against its definition counted pair by pair."""

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from fuseboard.store.statistics.robustness_index import robustness_index


def drawn(seed, rows=120, classes=3, sites=2, of_class=1.0, of_site=1.0):
    rng = np.random.default_rng(seed)
    labels, places = rng.integers(0, classes, rows), rng.integers(0, sites, rows)
    vectors = rng.normal(size=(rows, 8))
    vectors[:, :classes] += of_class * np.eye(classes)[labels]
    vectors[:, classes : classes + sites] += of_site * np.eye(sites)[places]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32), labels, places


@pytest.mark.parametrize("seed", range(4))
def test_it_counts_the_neighbours_of_scikit_learn(seed):
    vectors, labels, sites = drawn(seed)
    found = robustness_index(vectors, labels, sites, np.arange(120), k=7)
    near = NearestNeighbors(n_neighbors=8, metric="cosine", algorithm="brute").fit(vectors)
    robust = misled = 0
    for image, others in enumerate(near.kneighbors(vectors, return_distance=False)):
        for other in [other for other in others if other != image][:7]:
            robust += labels[image] == labels[other] and sites[image] != sites[other]
            misled += labels[image] != labels[other] and sites[image] == sites[other]
    assert found.index.value == pytest.approx(robust / (robust + misled))
    assert found.index.low < found.index.value < found.index.high


def test_it_is_near_one_by_class_near_zero_by_site_and_as_chance_by_neither():
    for of_class, of_site, low, high in ((9, 0, 0.95, 1), (0, 9, 0, 0.05), (0, 0, 0.3, 0.55)):
        found = robustness_index(*drawn(1, 600, of_class=of_class, of_site=of_site), np.arange(600))
        assert low <= found.index.value <= high
        assert found.by_chance == pytest.approx(1 / 3, abs=0.03)  # of pairs 1/6 share the class alone, 1/3 the site
    nothing = robustness_index(*drawn(1, 600, of_class=0, of_site=0), np.arange(600))
    assert nothing.index.value == pytest.approx(nothing.by_chance, abs=0.05)


def test_images_of_one_patient_are_no_neighbours():
    vectors, labels, sites = drawn(2, 40)
    twice = robustness_index(*(np.repeat(each, 2, axis=0) for each in (vectors, labels, sites)), np.arange(80) // 2, 2)
    once = robustness_index(vectors, labels, sites, np.arange(40), 1)
    assert twice.index.value == pytest.approx(once.index.value)


def test_what_has_no_index_says_why():
    vectors, labels, sites = drawn(3, 20)
    alike = robustness_index(vectors, labels, labels, np.arange(20))
    assert alike.index.value is None
    assert "no neighbour shares the class or the site alone" in alike.index.reason
    alone = robustness_index(vectors[:1], labels[:1], sites[:1], np.arange(1))
    assert alone.index.value is None
    assert robustness_index(vectors, labels, sites, np.zeros(20, int)).index.value is None
