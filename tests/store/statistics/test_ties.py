"""Scores that are equal as fractions tie, and no others, however their terms were summed."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuseboard.store.statistics import weighted_metrics
from fuseboard.store.statistics.ties import TOLERANCE, level, level_matrix, tied_for_best

Scores = list[tuple[Fraction, float]]


def told_apart(scores: Scores) -> None:
    """Checks that levelled numbers are equal, or in order, exactly where the fractions are."""
    fractions = [fraction for fraction, _ in scores]
    levelled = level([number for _, number in scores])
    for one, a in zip(fractions, levelled, strict=True):
        for other, b in zip(fractions, levelled, strict=True):
            assert (one == other, one > other) == (a == b, a > b)


@st.composite
def means(draw: st.DrawFn) -> Scores:
    """Means over folds, classes or datasets, each summed in an order of its own; a common denominator is below 1e11."""
    sizes = draw(st.lists(st.integers(1, 2_000), min_size=1, max_size=3))
    close = [st.one_of(st.integers(0, size), st.integers(max(0, size - 2), size)) for size in sizes]
    found = []
    for right in draw(st.lists(st.tuples(*close), min_size=2, max_size=8)):
        parts = [Fraction(one, size) for one, size in zip(right, sizes, strict=True)]
        ordered = [float(part) for part in draw(st.permutations(parts))]
        how = draw(
            st.sampled_from(
                [np.mean, lambda all_: sum(all_) / len(all_), lambda all_: sum(a / len(all_) for a in all_)]
            )
        )
        found.append((sum(parts) / len(parts), float(how(ordered))))
    return found


@given(means())
@settings(max_examples=500)
def test_means_tie_where_the_fractions_are_equal(scores: Scores) -> None:
    told_apart(scores)


@given(st.lists(st.integers(0, 10), min_size=7, max_size=7), st.permutations(range(7)))
def test_the_order_of_folds_tells_nothing_apart(right: list[int], order: list[int]) -> None:
    once, again = ([right[i] / 10 for i in places] for places in (range(7), order))
    assert len(set(level([float(np.mean(once)), sum(once) / 7, sum(again) / 7, float(np.mean(again))]))) == 1


@st.composite
def predictions(draw: st.DrawFn) -> tuple[np.ndarray, list[np.ndarray]]:
    classes = draw(st.integers(2, 3))
    rest = draw(st.lists(st.integers(0, classes - 1), min_size=2, max_size=17))
    labels = np.array(draw(st.permutations([*range(classes), *rest])))
    whole = st.lists(st.integers(0, 4), min_size=len(labels) * classes, max_size=len(labels) * classes)
    return labels, [np.reshape(one, (-1, classes)) for one in draw(st.lists(whole, min_size=2, max_size=6))]


def exact_auc(labels: np.ndarray, scores: np.ndarray) -> Fraction:
    """The mean of one-vs-rest AUCs, by counting pairs."""
    found = []
    for number in range(scores.shape[1]):
        yes, no = scores[labels == number, number], scores[labels != number, number]
        halves = sum(2 * int(a > b) + int(a == b) for a in yes for b in no)
        found.append(Fraction(halves, 2 * len(yes) * len(no)))
    return sum(found, Fraction(0)) / len(found)


@given(predictions())
@settings(max_examples=200, deadline=None)
def test_aucs_tie_where_the_pairs_in_order_are_as_many(drawn: tuple[np.ndarray, list[np.ndarray]]) -> None:
    labels, each = drawn
    exact = [exact_auc(labels, scores) for scores in each]
    ones = np.ones((len(labels), 1), np.float32)
    own = weighted_metrics.auc("multi-class", labels, [scores / 4 for scores in each])(ones)[:, 0]
    roc_auc_score = pytest.importorskip("sklearn.metrics").roc_auc_score
    theirs = [np.mean([roc_auc_score(labels == c, one[:, c]) for c in range(one.shape[1])]) for one in each]
    told_apart([*zip(exact, map(float, own), strict=True), *zip(exact, map(float, theirs), strict=True)])


@pytest.mark.parametrize("value", [33 / 40, 39 / 40, 1193 / 1798, 1.0, 0.0])
def test_the_next_number_is_no_other_score(value: float) -> None:
    near = [math.nextafter(value, -1), value, math.nextafter(value, 2)]
    assert len(set(level(near))) == 1
    assert level([value, value + 1e-11, value + 2e-11])[0] == value


def test_what_is_missing_stays_missing_and_in_place() -> None:
    assert level([0.5, None, 0.1 + 0.2, 0.3, math.inf]) == [0.5, None, 0.1 + 0.2, 0.1 + 0.2, math.inf]
    assert level([]) == []
    assert math.isnan(level([0.5, math.nan])[1] or 0)


@given(st.lists(st.lists(st.floats(0, 1), min_size=3, max_size=3), min_size=1, max_size=9))
def test_columns_are_levelled_apart_and_equality_is_transitive(rows: list[list[float]]) -> None:
    levelled = level_matrix(np.array(rows))
    for column, own in zip(np.array(rows).T, levelled.T, strict=True):
        assert own.tolist() == level(column.tolist())
        assert level(own.tolist()) == own.tolist()
        ordered = sorted(zip(column, own, strict=True))
        assert [b for _, b in ordered] == sorted(own)


@given(st.lists(st.lists(st.floats(0, 1), min_size=3, max_size=3), min_size=1, max_size=9), st.integers(0, 8))
def test_those_that_tie_for_the_best_are_those_at_the_highest_level(rows: list[list[float]], at: int) -> None:
    near = np.array(rows[at % len(rows)])
    scores = np.array([*rows, near - TOLERANCE / 2, near + TOLERANCE, near])
    levelled = level_matrix(scores)
    assert tied_for_best(scores).tolist() == (levelled == levelled.max(axis=0)).tolist()
