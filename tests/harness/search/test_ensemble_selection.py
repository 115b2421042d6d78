"""Greedy ensemble selection against the pseudo-code of Caruana et al. written out."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score

from fuseboard.harness.classifiers.metrics import measure
from fuseboard.harness.search import ensemble_selection
from fuseboard.store.errors import FuseboardError

TASKS = ("binary-class", "multi-class", "multi-label, binary-class")


def voters(task: str, count: int, rows: int, seed: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    random = np.random.default_rng(seed)
    labels = random.integers(2 if task != "multi-class" else 3, size=(rows, 3) if task.startswith("multi-l") else rows)
    columns = 2 if task == "binary-class" else 3
    eighths = random.integers(9, size=(count, rows, columns)) / 8  # sums are exact, so that ties are ties
    return labels, {f"v{i}": each for i, each in enumerate(eighths)}


def plain_accuracy(task: str, labels: np.ndarray, scores: np.ndarray) -> float:
    if task == "multi-class":
        return float((scores.argmax(axis=1) == labels).mean())
    return float(((scores > 0.5) == labels).mean() if labels.ndim == 2 else ((scores[:, 1] > 0.5) == labels).mean())


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(TASKS), st.integers(1, 4), st.integers(8, 20), st.integers(0, 999), st.booleans())
def test_as_the_pseudo_code_says(task: str, count: int, rows: int, seed: int, by_auc: bool) -> None:
    labels, predictions = voters(task, count, rows, seed)
    if measure(task, labels, predictions["v0"]).auc is None:
        return
    bag: list[str] = []
    best: tuple[float, list[str]] = (-1.0, [])
    for _ in range(8):
        trials = []
        for name in predictions:
            trial = sum((predictions[other] for other in bag), predictions[name]) / (len(bag) + 1)
            official = measure(task, labels, trial).auc
            assert official is not None
            trials.append((official if by_auc else plain_accuracy(task, labels, trial), name))
        value = max(trial[0] for trial in trials)
        bag.append(next(name for found, name in trials if found > value - 1e-12))  # equal but for rounding
        if value > best[0] + 1e-12:
            best = value, list(bag)
    found = ensemble_selection.select(
        predictions, (ensemble_selection.auc if by_auc else ensemble_selection.accuracy)(task, labels), 8
    )
    assert found.value == pytest.approx(best[0], abs=1e-12)
    assert found.votes == {name: best[1].count(name) for name in predictions if name in best[1]}


def test_the_official_accuracy() -> None:
    for task in TASKS:
        labels, predictions = voters(task, 3, 40, 1)
        values = ensemble_selection.accuracy(task, labels)(np.stack(list(predictions.values())))
        assert values == pytest.approx([measure(task, labels, each).acc for each in predictions.values()], abs=1e-12)


def test_two_that_complete_each_other_beat_the_best_one() -> None:
    labels = np.array([0, 1] * 20)
    sure = np.stack([1 - labels, labels], axis=1)
    left, right = sure * 0.8 + 0.1, sure * 0.8 + 0.1
    left[:12], right[20:32] = 0.5 + (0.5 - sure[:12]) * 0.2, 0.5 + (0.5 - sure[20:32]) * 0.2
    noise = np.full((40, 2), 0.5)
    found = ensemble_selection.select(
        {"left": left, "noise": noise, "right": right}, ensemble_selection.accuracy("multi-class", labels)
    )
    assert found.votes == {"left": 1, "right": 1}
    assert found.value == accuracy_score(labels, ((left + right) / 2).argmax(axis=1)) == 1.0
    assert found.path[0] < 1


def test_of_voters_that_differ_by_rounding_the_first_gets_the_vote() -> None:
    predictions = {name: np.full((2, 2), 0.5) for name in ("first", "second")}
    found = ensemble_selection.select(predictions, lambda trials: np.array([0.3, 0.1 + 0.2])[: len(trials)], 3)
    assert found.votes == {"first": 1}


def test_all_subsets_of_nine_take_seconds() -> None:
    labels, predictions = voters("multi-class", 511, 1000, 0)
    began = time.perf_counter()
    ensemble_selection.select(predictions, ensemble_selection.accuracy("multi-class", labels))
    assert time.perf_counter() - began < 60


def test_nobody_to_choose_from() -> None:
    with pytest.raises(FuseboardError, match="at least one backbone"):
        ensemble_selection.select({}, ensemble_selection.accuracy("multi-class", np.zeros(3, int)))
    with pytest.raises(FuseboardError, match="exists for no voter"):
        ensemble_selection.select({"a": np.full((3, 2), 0.5)}, ensemble_selection.auc("multi-class", np.zeros(3, int)))
