"""DeLong's test against the formula of 1988 in two loops, against the bootstrap, and against repeated sampling."""

import numpy as np
import pytest

from fuseboard.store.errors import FuseboardError
from fuseboard.store.statistics.bootstrap import bootstrap
from fuseboard.store.statistics.delong import delong

scipy = pytest.importorskip("scipy.stats")
norm = scipy.norm
sklearn = pytest.importorskip("sklearn.metrics")
roc_auc_score = sklearn.roc_auc_score

BINARY, SEVERAL = "binary-class", "multi-label, binary-class"
TASKS = [BINARY, "multi-class", SEVERAL]


def case(task, images=60, seed=0, digits=1, classes=4):
    """Labels, and two dependent rows with ties that know something of them."""
    random = np.random.default_rng(seed)
    classes = 2 if task == BINARY else classes
    several = task == SEVERAL
    labels = random.integers(2 if several else classes, size=(images, classes) if several else images)
    known = labels if several else np.eye(classes)[labels]
    common = random.random((images, classes))
    rows = {row: (known * force + common + random.random((images, classes))).round(digits) for row, force in
            {"a": 0.6, "b": 0.4}.items()}  # fmt: skip
    return labels, rows


def components(labels, column):
    """V10 of the images of yes and V01 of those of no, by the kernel of 1988: two loops over all pairs."""
    yes, no = column[labels == 1], column[labels == 0]
    kernel = [[1.0 if x > y else 0.5 if x == y else 0.0 for y in no] for x in yes]
    return np.mean(kernel, axis=1), np.mean(kernel, axis=0)


def literal(labels, columns):
    """AUCs of some columns on the same binary labels and their covariance matrix S10 / m + S01 / n."""
    pairs = [components(labels, column) for column in columns]
    v10, v01 = np.array([a for a, _ in pairs]), np.array([b for _, b in pairs])
    return v10.mean(axis=1), np.cov(v10) / v10.shape[1] + np.cov(v01) / v01.shape[1]


@pytest.mark.parametrize("digits", [0, 1, 8])
def test_two_rows_are_what_the_formula_of_1988_says(digits):
    labels, rows = case(BINARY, digits=digits)
    found = delong(BINARY, labels, rows)
    aucs, s = literal(labels, [scores[:, -1] for scores in rows.values()])
    for place, row in enumerate("ab"):
        assert found[row].value == pytest.approx(roc_auc_score(labels, rows[row][:, -1]), abs=1e-12)
        interval = found[row].interval()
        assert interval.low == pytest.approx(norm.ppf(0.025, aucs[place], np.sqrt(s[place, place])), abs=1e-12)
    difference = found["a"].minus(found["b"])
    variance = s[0, 0] + s[1, 1] - 2 * s[0, 1]
    assert difference.value == pytest.approx(aucs[0] - aucs[1], abs=1e-12)
    assert difference.variance == pytest.approx(variance, abs=1e-14)
    assert difference.z == pytest.approx((aucs[0] - aucs[1]) / np.sqrt(variance), abs=1e-9)
    assert difference.p == pytest.approx(2 * norm.sf(abs(difference.z)), abs=1e-12)
    assert (difference.low, difference.high) == pytest.approx(
        norm.interval(0.95, difference.value, np.sqrt(variance)), abs=1e-12
    )


def test_the_mean_over_classes_spelled_out():
    """Every class is a sample: its images' K components have a covariance, and the weights of the mean are applied."""
    labels, rows = case("multi-class")
    n, k = np.bincount(labels), 4
    found = delong("multi-class", labels, rows)
    pairs = {row: [components(labels == c, scores[:, c]) for c in range(k)] for row, scores in rows.items()}
    variance = 0.0
    for g in range(k):
        weighted = 0
        for row, sign in (("a", 1), ("b", -1)):
            for c in range(k):
                v10, v01 = pairs[row][c]
                own = v10 if c == g else v01[labels[labels != c] == g]
                weighted = weighted + sign * own / k * (n[g] / (n[c] if c == g else n.sum() - n[c]))
        variance += np.var(weighted, ddof=1) / n[g]
    assert found["a"].minus(found["b"]).variance == pytest.approx(variance, abs=1e-14)
    official = np.mean([roc_auc_score(labels == c, rows["a"][:, c]) for c in range(k)])
    assert found["a"].value == pytest.approx(official, abs=1e-12)


def test_two_classes_with_two_columns_are_the_binary_task():
    labels, rows = case(BINARY)
    rows = {row: np.column_stack([-scores[:, 1], scores[:, 1]]) for row, scores in rows.items()}
    one, other = delong(BINARY, labels, rows), delong("multi-class", labels, rows)
    assert one["a"].minus(one["b"]).variance == pytest.approx(other["a"].minus(other["b"]).variance, abs=1e-15)


def test_labels_have_their_own_variances_and_covariances():
    labels, rows = case(SEVERAL)
    for c in range(4):
        single = delong(SEVERAL, labels[:, [c]], {row: scores[:, [c]] for row, scores in rows.items()})
        aucs, s = literal(labels[:, c], [scores[:, c] for scores in rows.values()])
        difference = single["a"].minus(single["b"])
        assert difference.value == pytest.approx(aucs[0] - aucs[1], abs=1e-12)
        assert difference.variance == pytest.approx(s[0, 0] + s[1, 1] - 2 * s[0, 1], abs=1e-14)
    # The same label twice adds nothing, so its covariance with itself counts in full.
    twice = delong(SEVERAL, labels[:, [3, 3]], {row: scores[:, [3, 3]] for row, scores in rows.items()})
    assert twice["a"].minus(twice["b"]).variance == pytest.approx(difference.variance, abs=1e-15)


@pytest.mark.parametrize("task", TASKS)
def test_the_bootstrap_finds_the_same_spread(task):
    labels, rows = case(task, images=400, seed=1)
    exact, drawn = delong(task, labels, rows), bootstrap(task, labels, rows)
    a, b = drawn["a"].auc, drawn["b"].auc
    assert np.sqrt(exact["a"].influence @ exact["a"].influence) == pytest.approx(np.std(a.resampled), rel=0.1)
    difference = exact["a"].minus(exact["b"])
    assert np.sqrt(difference.variance) == pytest.approx(np.std(a.resampled - b.resampled), rel=0.1)
    assert difference.value == pytest.approx(a.minus(b).value, abs=1e-12)
    assert (difference.low, difference.high) == pytest.approx(
        (a.minus(b).low, a.minus(b).high), abs=0.15 * (difference.high - difference.low)
    )


@pytest.mark.parametrize("task", TASKS)
def test_the_variance_is_that_of_repeated_sampling(task):
    """300 test sets; classes occur as they fall, so that counting on their sizes is seen to cost little."""
    differences = []
    for seed in range(300):
        found = delong(task, *case(task, images=150, seed=seed, digits=2))
        differences.append(found["a"].minus(found["b"]))
    values = np.array([difference.value for difference in differences])
    assert np.mean([difference.variance for difference in differences]) == pytest.approx(values.var(), rel=0.2)
    covered = np.mean([difference.low <= values.mean() <= difference.high for difference in differences])
    assert 0.91 <= covered <= 0.98


def test_p_is_small_as_often_as_it_should_be_where_rows_are_equals():
    random = np.random.default_rng(0)
    labels, small = np.arange(80) % 2, 0
    for _ in range(500):
        common = labels + random.normal(size=80)
        rows = {i: (common + random.normal(size=80))[:, None] for i in range(2)}
        found = delong(BINARY, labels, rows)
        small += found[0].minus(found[1]).p < 0.05
    assert 0.025 <= small / 500 <= 0.08


def test_swapping_the_rows_under_the_null_gives_the_same_p():
    """A permutation test, which exchanges the two rows' ranks image by image (Venkatraman & Begg 1996), agrees."""
    labels, rows = case(BINARY, images=120, seed=4, digits=8)
    found = delong(BINARY, labels, rows)
    difference = found["a"].minus(found["b"])
    random, ranks = np.random.default_rng(0), [np.argsort(np.argsort(rows[r][:, -1])) for r in "ab"]
    swapped = []
    for _ in range(600):
        swap = random.random(120) < 0.5
        one, other = np.where(swap, ranks[1], ranks[0]), np.where(swap, ranks[0], ranks[1])
        swapped.append(roc_auc_score(labels, one) - roc_auc_score(labels, other))
    assert np.mean(np.abs(swapped) >= abs(difference.value)) == pytest.approx(difference.p, abs=0.06)
    assert np.std(swapped) == pytest.approx(np.sqrt(difference.variance), rel=0.15)


@pytest.mark.parametrize("task", TASKS)
def test_only_the_order_of_scores_counts(task):
    labels, rows = case(task)
    stretched = delong(task, labels, {row: np.exp(3 * scores) for row, scores in rows.items()})
    plain = delong(task, labels, rows)
    assert stretched["a"].minus(stretched["b"]) == plain["a"].minus(plain["b"])


def test_rows_that_no_image_tells_apart():
    labels = np.arange(33) % 3
    constant, faultless = np.full((33, 3), 1 / 3), np.eye(3)[labels]
    found = delong("multi-class", labels, {"c": constant, "f": faultless, "again": faultless * 0.9})
    assert found["c"].interval().value == 0.5
    assert found["c"].interval().low is None
    assert "variance is 0" in found["f"].interval().reason
    equal, apart = found["f"].minus(found["again"]), found["f"].minus(found["c"])
    assert (equal.value, equal.variance, equal.z, equal.p) == (0, 0, None, 1)
    assert (apart.value, apart.variance, apart.z, apart.p) == (0.5, 0, None, None)
    assert "says nothing about chance" in apart.reason


def test_intervals_end_at_one():
    labels, scores = np.arange(20) % 2, (np.arange(20) % 2).astype(float)
    scores[[0, 1]] = 1, 0.5
    assert delong(BINARY, labels, {"a": scores[:, None]})["a"].interval().high == 1


def test_missing_and_lonely_classes():
    scores = np.random.default_rng(0).random((6, 3))
    absent = delong("multi-class", np.array([0, 1, 0, 1, 0, 1]), {"a": scores})["a"]
    assert absent.value is None
    assert absent.interval().reason == "AUC does not exist: no image is of class 2"
    assert absent.minus(absent).value is None
    lonely = delong("multi-class", np.array([0, 1, 0, 1, 0, 2]), {"a": scores, "b": scores[::-1]})
    assert 0 < lonely["a"].interval().value < 1
    assert lonely["a"].interval().low is None
    difference = lonely["a"].minus(lonely["b"])
    assert difference.value is not None
    assert (difference.variance, difference.p, difference.reason) == (
        None,
        None,
        "no variance: only one image is of class 2",
    )


def test_bad_input():
    labels, rows = case(BINARY)
    with pytest.raises(FuseboardError, match="row a: 1 scores are NaN"):
        delong(BINARY, labels, {"a": np.where(np.arange(60)[:, None] == 3, np.nan, rows["a"][:, :1])})
    one, other = delong(BINARY, labels, rows)["a"], delong(BINARY, 1 - labels, rows)["a"]
    with pytest.raises(FuseboardError, match="measured on different labels"):
        one.minus(other)
