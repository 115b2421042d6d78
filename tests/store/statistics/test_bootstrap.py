"""The bootstrap: its draws, its metrics against scikit-learn on the images drawn, and what its intervals hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.statistics import resampling
from fuseboard.store.statistics.bootstrap import bootstrap
from fuseboard.store.statistics.estimates import Replicates

medmnist = pytest.importorskip("medmnist.evaluator")
getACC, getAUC = medmnist.getACC, medmnist.getAUC
sklearn = pytest.importorskip("sklearn.metrics")
accuracy_score, balanced_accuracy_score, roc_auc_score = (
    sklearn.accuracy_score,
    sklearn.balanced_accuracy_score,
    sklearn.roc_auc_score,
)

BINARY, SEVERAL = "binary-class", "multi-label, binary-class"
TASKS = [BINARY, "multi-class", "ordinal-regression", SEVERAL]


def case(task, images=60, seed=0):
    """Labels of 2 to 4 classes, and float32 scores with ties."""
    random = np.random.default_rng(seed)
    classes = {BINARY: 2, SEVERAL: 3}.get(task, 4)
    labels = random.integers(2 if "binary" in task else classes, size=(images, 3) if task == SEVERAL else images)
    given = {row: random.dirichlet(np.ones(classes), size=images).round(1).astype(np.float32) for row in "ab"}
    return labels.astype(np.uint16), given


def literal(task, labels, scores):
    """What scikit-learn says of these images: AUC, ACC, balanced accuracy."""
    if task == BINARY:
        said = scores[:, -1] > 0.5
        auc = roc_auc_score(labels, scores[:, -1])
        return auc, accuracy_score(labels, said), balanced_accuracy_score(labels, said)
    if task == SEVERAL:
        each = [literal(BINARY, labels[:, c], scores[:, c : c + 1]) for c in range(labels.shape[1])]
        return tuple(np.mean(each, axis=0))
    said = scores.argmax(axis=1)
    auc = np.mean([roc_auc_score(labels == c, scores[:, c]) for c in range(scores.shape[1])])
    return auc, accuracy_score(labels, said), balanced_accuracy_score(labels, said)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("seed", range(3))
def test_every_resample_is_what_scikit_learn_says_of_its_images(task, seed):
    labels, rows = case(task, seed=seed)
    found = bootstrap(task, labels, rows, 20, seed)
    for name, scores in rows.items():
        one = found[name]
        official = labels if labels.ndim == 2 else labels[:, None]
        assert one.auc.value == pytest.approx(getAUC(official, scores, task), abs=1e-12)
        assert one.acc.value == pytest.approx(getACC(official, scores, task), abs=1e-12)
        assert one.balanced_acc.value == pytest.approx(literal(task, labels, scores)[2], abs=1e-12)
        for b, counts in enumerate(resampling.draw(task, labels, 20, seed).counts):
            taken = np.repeat(np.arange(len(labels)), counts)
            auc, acc, balanced_acc = literal(task, labels[taken], scores[taken])
            assert one.auc.resampled[b] == pytest.approx(auc, abs=1e-12)
            assert one.acc.resampled[b] == pytest.approx(acc, abs=1e-12)
            assert one.balanced_acc.resampled[b] == pytest.approx(balanced_acc, abs=1e-12)


def test_the_draws_spelled_out():
    labels = np.array([1, 0, 1, 2, 0, 1])
    found = resampling.draw("multi-class", labels, 50, seed=7)
    bits = np.random.PCG64(7)
    for counts in found.counts:
        expected = np.zeros(6, int)
        for members in ([1, 4], [1, 4], [0, 2, 5], [0, 2, 5], [0, 2, 5], [3]):
            high = int(bits.random_raw()) >> 32
            expected[members[high * len(members) // 2**32]] += 1
        assert counts.tolist() == expected.tolist()


def test_the_draws_are_the_same_next_year():
    """NumPy promises PCG64's bits; if these digests change, rows of before and after cannot be compared."""
    assert resampling.draw("multi-class", np.arange(60) % 4).digest == "9980dc643cbdb3d5"
    several = (np.arange(60)[:, None] % [2, 3, 20] == 0).astype(np.uint8)
    assert resampling.draw(SEVERAL, several).digest == "8d0e08c41a3b8aaf"


def test_the_draws_depend_on_labels_and_seed_alone():
    labels, rows = case("multi-class")
    together = bootstrap("multi-class", labels, rows, 50)
    alone = bootstrap("multi-class", labels.astype(np.int64), {"b": rows["b"]}, 50)
    assert (together["b"].auc.resampled == alone["b"].auc.resampled).all()
    assert together["a"].auc.minus(alone["b"].auc) == together["a"].auc.minus(together["b"].auc)
    first = resampling.draw("multi-class", labels, 20).counts
    assert (first == resampling.draw("multi-class", labels, 50).counts[:20]).all()
    assert (first != resampling.draw("multi-class", labels, 20, seed=1).counts).any()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=60))
def test_no_class_vanishes_or_grows(labels):
    labels = np.array(labels)
    counts = resampling.draw("multi-class", labels, 20).counts
    for one in range(6):
        assert (counts[:, labels == one].sum(axis=1) == (labels == one).sum()).all()


def test_images_of_a_class_are_drawn_alike():
    labels = np.arange(40) % 2
    counts = resampling.draw(BINARY, labels, 20_000).counts
    assert counts.mean(axis=0) == pytest.approx(np.ones(40), abs=0.04)
    assert counts.var(axis=0) == pytest.approx(np.full(40, 1 - 1 / 20), abs=0.06)


def test_a_draw_that_loses_a_label_is_drawn_again():
    labels, rows = case(SEVERAL, images=30)
    labels[:, 1] = np.arange(30) < 2
    drawn = resampling.draw(SEVERAL, labels, 400)
    found = drawn.counts @ labels
    assert ((found > 0) & (found < 30)).all()
    assert (drawn.counts.sum(axis=1) == 30).all()
    # Lost with probability (28 / 30)^30, so that many are thrown away per draw that is kept.
    lost = (28 / 30) ** 30
    assert drawn.redrawn / 400 == pytest.approx(lost / (1 - lost), abs=0.06)
    one = bootstrap(SEVERAL, labels, rows, 400)["a"]
    assert one.redrawn == drawn.redrawn
    assert np.isfinite(one.auc.resampled).all()


def test_labels_too_rare_to_be_drawn():
    labels = np.zeros((150, 70), int)
    labels[np.arange(140), np.arange(140) // 2] = 1
    with pytest.raises(FuseboardError, match="some labels are too rare"):
        resampling.draw(SEVERAL, labels, 5)


def test_interval_and_lead_spelled_out():
    labels, rows = case("multi-class")
    found = bootstrap("multi-class", labels, rows)
    a, b = found["a"].auc, found["b"].auc
    interval, difference = a.interval(), a.minus(b)
    assert (interval.low, interval.high) == tuple(np.percentile(a.resampled, [2.5, 97.5]))
    assert interval.value == a.value
    gaps = a.resampled - b.resampled
    assert difference.value == a.value - b.value
    assert (difference.low, difference.high) == tuple(np.percentile(gaps, [2.5, 97.5]))
    below, above = (1 + (gaps <= 0).sum()) / 1001, (1 + (gaps >= 0).sum()) / 1001
    assert difference.p == pytest.approx(min(1, 2 * min(below, above)))
    back = b.minus(a)
    assert (back.value, back.low, back.high) == pytest.approx((-difference.value, -difference.high, -difference.low))
    assert back.p == difference.p


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.floats(-4, 4))
def test_p_is_below_five_percent_where_the_interval_excludes_zero(seed, shift):
    """But for the two resamples by which p is corrected, and the one between which a percentile lies."""
    gaps = np.random.default_rng(seed).normal(shift, 1, 999)
    zero = np.zeros(999)
    difference = Replicates("AUC", shift, gaps, "d").minus(Replicates("AUC", 0.0, zero, "d"))
    if not 0.045 < difference.p < 0.055:
        assert (difference.p < 0.05) == (difference.low > 0 or difference.high < 0)


def two_normals(random, images, apart):
    """Balanced binary labels, and two rows whose scores are normal, `apart` between the classes and half dependent."""
    labels = np.arange(images) % 2
    common = random.normal(size=images)
    scores = [labels * apart + (common + random.normal(size=images)) / np.sqrt(2) for _ in range(2)]
    return labels, {i: each[:, None] for i, each in enumerate(scores)}


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    """300 test sets of 100 images from two normal distributions one apart, whose AUC is Phi(1 / sqrt 2) = .7602."""
    random = np.random.default_rng(0)
    hit, lead_hit, wrong = 0, 0, 0
    for _ in range(300):
        labels, rows = two_normals(random, 100, 1.0)
        found = bootstrap(BINARY, labels, rows, 400)
        interval, difference = found[0].auc.interval(), found[0].auc.minus(found[1].auc)
        hit += interval.low <= 0.760250 <= interval.high
        lead_hit += difference.low <= 0 <= difference.high
        wrong += difference.p < 0.05
    assert 0.91 <= hit / 300 <= 0.98
    assert 0.91 <= lead_hit / 300 <= 0.99
    assert 0.01 <= wrong / 300 <= 0.09


def test_a_row_never_leads_itself():
    labels, rows = case(BINARY)
    found = bootstrap(BINARY, labels, {"a": rows["a"], "same": rows["a"].copy()})
    for metric in ("auc", "acc", "balanced_acc"):
        difference = getattr(found["a"], metric).minus(getattr(found["same"], metric))
        assert (difference.value, difference.low, difference.high, difference.p) == (0, None, None, 1.0)
        assert "same in every resample" in difference.reason


def test_constant_and_faultless_rows_claim_no_certainty():
    labels = np.arange(40) % 2
    rows = {"constant": np.full((40, 1), 0.3), "faultless": labels[:, None] * 0.8}
    found = bootstrap(BINARY, labels, rows, 100)
    for name, values in {"constant": (0.5, 0.5, 0.5), "faultless": (1, 1, 1)}.items():
        one = found[name]
        assert (one.auc.value, one.acc.value, one.balanced_acc.value) == values
        assert one.auc.interval().low is None
        assert "same in every resample" in one.auc.interval().reason
    difference = found["faultless"].auc.minus(found["constant"].auc)
    assert (difference.value, difference.low, difference.p) == (0.5, None, pytest.approx(2 / 101))


def test_a_class_without_images_leaves_only_accuracy():
    labels, rows = np.array([0, 0, 1, 1, 1, 3]), {"a": np.eye(4)[[0, 1, 1, 1, 0, 3]]}
    found = bootstrap("multi-class", labels[:5], {"a": rows["a"][:5]}, 50)["a"]
    assert found.auc.interval().value is None
    assert found.auc.reason == "AUC does not exist: no image is of class 2"
    assert found.balanced_acc.interval().value is None
    assert found.auc.minus(found.auc).value is None
    assert found.acc.interval().low is not None
    # Class 3 has one image, and class 2 none: neither is hidden by the other.
    both = bootstrap("multi-class", labels, rows, 50)["a"]
    assert "no image is of class 2" in both.auc.reason
    assert "only one image is of class 3" in both.acc.reason


@pytest.mark.parametrize("task", TASKS)
def test_one_image_per_class_has_values_and_no_intervals(task):
    labels = np.eye(3, dtype=int) if task == SEVERAL else np.arange(2 if task == BINARY else 3)
    scores = np.eye(3)[: len(labels)] if task != BINARY else np.eye(2)
    found = bootstrap(task, labels, {"a": scores}, 50)["a"]
    for metric in (found.auc, found.balanced_acc):
        interval = metric.interval()
        assert (interval.value, interval.low, interval.high) == (1, None, None)
        assert "only one image" in interval.reason
        difference = metric.minus(metric)
        assert (difference.value, difference.low, difference.p) == (0, None, None)
    assert found.acc.value == 1
    assert found.acc.interval().low is None


def test_a_label_with_one_image_leaves_accuracy_its_interval():
    labels, rows = case(SEVERAL)
    labels[:, 1] = np.arange(len(labels)) == 5
    found = bootstrap(SEVERAL, labels, rows, 50)["a"]
    assert "only one image has label 1" in found.auc.interval().reason
    assert found.auc.value is not None
    assert found.acc.interval().low < found.acc.value
    assert found.redrawn == 0
    labels[:, 1] = 1
    assert "no image lacks label 1" in bootstrap(SEVERAL, labels, rows, 50)["a"].auc.reason


def test_what_cannot_be_compared():
    labels, rows = case(BINARY)
    one = bootstrap(BINARY, labels, rows, 20)["a"]
    other = bootstrap(BINARY, labels, rows, 20, seed=1)["a"]
    with pytest.raises(FuseboardError, match="same test set with the same seed"):
        one.auc.minus(other.auc)
    with pytest.raises(FuseboardError, match=r"AUC on resamples .* and ACC"):
        one.auc.minus(one.acc)


@pytest.mark.parametrize(
    ("task", "labels", "scores", "message"),
    [
        (BINARY, [0, 1], [[0.1], [np.nan]], "row a: 1 scores are NaN"),
        (BINARY, [0, 1], [[0.1], [np.inf]], "row a: 1 scores are NaN"),
        (BINARY, [0, 1], [[0.1]], r"scores of shape \(1, 1\) for 2 labels"),
        (BINARY, [0, 1], [0.1, 0.2], r"scores of shape \(2,\)"),
        (BINARY, [0, 1], np.ones((2, 3)), "3 columns of scores do not fit"),
        (BINARY, [0, 2], [[0.1], [0.2]], "labels reach from 0 to 2, but there are 2 classes"),
        (BINARY, [[0], [1]], [[0.1], [0.2]], r"labels of shape \(2, 1\)"),
        (BINARY, [], np.ones((0, 1)), r"labels of shape \(0,\)"),
        ("multi-class", [0, 3], np.ones((2, 3)), "labels reach from 0 to 3, but there are 3 classes"),
        ("multi-class", [-1, 2], np.ones((2, 3)), "labels reach from -1"),
        ("multi-class", [0, 0], np.ones((2, 1)), "1 columns of scores"),
        (SEVERAL, [[0, 1], [1, 0]], np.ones((2, 3)), "3 columns of scores"),
        (SEVERAL, [[0, 2], [1, 0]], np.ones((2, 2)), "labels reach from 0 to 2"),
        (SEVERAL, [0, 1], np.ones((2, 2)), r"labels of shape \(2,\)"),
    ],
)
def test_bad_input_is_refused(task, labels, scores, message):
    with pytest.raises(FuseboardError, match=message):
        bootstrap(task, np.array(labels, int), {"a": np.array(scores)}, 10)


def test_more_bad_input():
    with pytest.raises(UsageError, match="did you mean multi-class"):
        bootstrap("multiclass", np.array([0, 1]), {"a": np.ones((2, 2))})
    with pytest.raises(FuseboardError, match="no row kept its predictions"):
        bootstrap(BINARY, np.array([0, 1]), {})
    with pytest.raises(FuseboardError, match="row b: 4 columns"):
        bootstrap("multi-class", np.array([0, 1]), {"a": np.ones((2, 3)), "b": np.ones((2, 4))})
