"""Errors under corruption, against the official evaluator and against its formulas written out."""

import importlib.util
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from fuseboard.store.errors import FuseboardError
from fuseboard.store.statistics import alexnet_reference
from fuseboard.store.statistics.corruption_error import SEVERITIES, Errors, Reference, Robustness, balanced_error

sklearn = pytest.importorskip("sklearn.metrics")
balanced_accuracy_score = sklearn.balanced_accuracy_score

BINARY, MULTI, LABELS = "binary-class", "multi-class", "multi-label, binary-class"
TASKS = {"breastmnist": (BINARY, 1), "bloodmnist": (MULTI, 8), "retinamnist": ("ordinal-regression", 5)}
IMAGES = 90


def case(flag: str) -> tuple[str, np.ndarray, np.ndarray]:
    """A task, its labels, and random scores of every condition, clean first: (1 + 5 C, N, K) float32."""
    task, columns = TASKS.get(flag, (LABELS, 14))
    rng = np.random.default_rng(len(flag))
    labels = rng.integers(0, max(2, columns), IMAGES) if task != LABELS else rng.integers(0, 2, (IMAGES, columns))
    scores = rng.random((1 + SEVERITIES * len(alexnet_reference.errors()[flag].corrupted), IMAGES, columns)).astype(
        np.float32
    )
    scores[:, ::7] = scores[:, ::7].round(1)  # ties, and scores of 0.5 exactly
    return task, labels, scores


def ours(flag: str) -> Robustness:
    task, labels, scores = case(flag)
    clean, *others = (balanced_error(task, labels, each, "made up") for each in scores)
    names = alexnet_reference.errors()[flag].corrupted
    by_name = {name: others[SEVERITIES * n : SEVERITIES * (n + 1)] for n, name in enumerate(names)}
    return Robustness(Errors(clean, by_name), alexnet_reference.errors()[flag])


@pytest.fixture
def official(monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """The class `medmnistc.eval.Evaluator`, installed or in the unpacked wheel that $MEDMNISTC_FOLDER names."""
    if folder := os.environ.get("MEDMNISTC_FOLDER"):
        monkeypatch.syspath_prepend(folder)
    if importlib.util.find_spec("medmnistc") is None:
        pytest.skip("medmnistc is not installed (extra `corruptions`), and $MEDMNISTC_FOLDER names no unpacked wheel")
    from medmnistc.eval import Evaluator

    yield Evaluator
    for name in [name for name in sys.modules if name.partition(".")[0] == "medmnistc"]:
        monkeypatch.delitem(sys.modules, name)


@pytest.mark.parametrize("flag", [*TASKS, "chestmnist"])
def test_equals_the_official_evaluator(flag: str, official, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    task, labels, scores = case(flag)
    names, truth = list(alexnet_reference.errors()[flag].corrupted), labels.reshape(IMAGES, -1)
    referee = official(flag, truth, names, str(tmp_path), "made-up", task)
    threshold = [0.5] * 14 if task == LABELS else 0.5
    referee.evaluate_clean(scores[0], threshold)
    for n, name in enumerate(names):
        five = scores[1 + SEVERITIES * n : 1 + SEVERITIES * (n + 1)]
        referee.evaluate(five.reshape(-1, five.shape[2]), name, threshold)
    referee.dump_summary()
    said, found = referee.output_log, ours(flag)
    assert found.errors.clean == pytest.approx(said["metrics"]["clean_score"], abs=1e-9)
    assert found.mean_be == pytest.approx(said["metrics"]["be"], abs=1e-9)
    assert found.mean_rbe == pytest.approx(said["metrics"]["rbe"], abs=1e-9)
    assert found.errors.means == pytest.approx(said["raw_scores"], abs=1e-9)
    assert found.be == pytest.approx(said["be_scores"], abs=1e-9)
    assert found.rbe == pytest.approx(said["rbe_scores"], abs=1e-9)


def error_by_hand(task: str, labels: np.ndarray, scores: np.ndarray) -> float:
    """The official evaluator's lines, with scikit-learn."""
    if task == LABELS:
        each = [balanced_accuracy_score(labels[:, i], scores[:, i] > 0.5) for i in range(labels.shape[1])]
        return 1 - float(np.mean(each))
    return 1 - balanced_accuracy_score(labels, scores[:, -1] > 0.5 if task == BINARY else scores.argmax(axis=-1))


@pytest.mark.parametrize("flag", [*TASKS, "chestmnist"])
def test_equals_the_formulas_written_out(flag: str) -> None:
    (task, labels, scores), found, other = case(flag), ours(flag), alexnet_reference.errors()[flag]
    clean, *rest = (error_by_hand(task, labels, each) for each in scores)
    assert found.errors.clean == pytest.approx(clean, abs=1e-12)
    bes, rbes, added, reference = [], [], 0.0, 0.0
    for n, name in enumerate(other.corrupted):
        error = sum(rest[SEVERITIES * n + s] for s in range(SEVERITIES)) / SEVERITIES
        bes.append(error / other.corrupted[name])
        rbes.append((error - clean) / (other.corrupted[name] - other.clean))
        added, reference = added + error - clean, reference + other.corrupted[name] - other.clean
        assert (found.be[name], found.rbe[name]) == pytest.approx((bes[-1], rbes[-1]), abs=1e-9)
    assert found.mean_be == pytest.approx(sum(bes) / len(bes), abs=1e-9)
    assert found.mean_rbe == pytest.approx(sum(rbes) / len(rbes), abs=1e-9)
    assert found.rbe_of_sums == pytest.approx(added / reference, abs=1e-9)


def test_the_reference_held_against_itself_is_one() -> None:
    for reference in alexnet_reference.errors().values():
        errors = Errors(reference.clean, {name: [e] * SEVERITIES for name, e in reference.corrupted.items()})
        against = Robustness(errors, reference)
        assert (against.mean_be, against.mean_rbe, against.rbe_of_sums) == pytest.approx((1, 1, 1), abs=1e-9)


def test_the_reference_is_the_published_one() -> None:
    assert sum(len(own.corrupted) for own in alexnet_reference.errors().values()) == 131
    published = pytest.importorskip("medmnistc.utils.baselines").BASELINES
    found = {name: (own.clean, dict(own.corrupted)) for name, own in alexnet_reference.errors().items()}
    assert found == {name: (own["clean_score"], own["raw_scores"]) for name, own in published.items()}


def test_two_columns_of_a_binary_task_are_one() -> None:
    _, labels, scores = case("breastmnist")
    two = np.hstack([1 - scores[3], scores[3]])
    assert balanced_error(BINARY, labels, two, "x") == balanced_error(BINARY, labels, scores[3], "x")


def test_no_clean_error_and_a_reference_that_a_corruption_helps() -> None:
    errors = Errors(0.0, {"up": [0.1] * 5, "down": [0.0, 0.1, 0.2, 0.3, 0.4]})
    against = Robustness(errors, Reference(0.1, {"up": 0.05, "down": 0.2}))
    assert against.rbe == pytest.approx({"up": -2.0, "down": 2.0})
    assert (against.mean_be, against.mean_rbe) == pytest.approx((1.5, 0.0))
    assert against.rbe_of_sums == pytest.approx(0.3 / 0.05)
    assert Robustness(errors, Reference(0.1, {"up": 0.05, "down": 0.14})).rbe_of_sums is None


@pytest.mark.parametrize(
    ("labels", "scores", "message"),
    [
        ([0, 1, 1], [[0.1], [np.nan], [np.inf]], "pixelate-3: 2 scores are NaN or infinite"),
        ([1, 1, 1], [[0.1], [0.2], [0.3]], "pixelate-3: no image is of class 0, so there is no balanced accuracy"),
        ([0, 1], [[0.1], [0.2], [0.3]], r"pixelate-3: scores of shape \(3, 1\) for 2 labels"),
    ],
)
def test_what_cannot_be_scored_is_refused(labels: list[int], scores: list[list[float]], message: str) -> None:
    with pytest.raises(FuseboardError, match=message):
        balanced_error(BINARY, np.array(labels), np.array(scores), "pixelate-3")


def test_a_class_that_no_image_has_is_not_averaged_away() -> None:
    scores = np.eye(3)[[0, 1, 2]]
    assert balanced_error(MULTI, np.array([0, 1, 2]), scores, "x") == 0
    with pytest.raises(FuseboardError, match="no image is of class 2"):
        balanced_error(MULTI, np.array([0, 1, 1]), scores, "x")


@pytest.mark.parametrize(
    ("corrupted", "message"),
    [
        ({"pixelate": [0.1] * 4}, "pixelate: errors of 4 severities, 5 are asked for"),
        ({"pixelate": [0.1, 0.1, float("nan"), 0.1, 0.1]}, "pixelate: an error is not between 0 and 1"),
        ({"pixelate": [0.1] * 5}, "saturate is not measured"),
        ({}, "is not measured"),
        ({"pixelate": [0.1] * 5, "saturate": [0.1] * 5, "fog": [0.1] * 5}, "fog is not in the reference"),
    ],
)
def test_gaps_are_refused(corrupted: dict[str, list[float]], message: str) -> None:
    with pytest.raises(FuseboardError, match=message):
        Robustness(Errors(0.1, corrupted), Reference(0.1, {"pixelate": 0.2, "saturate": 0.3}))


@pytest.mark.parametrize("error", [0.0, 0.1, float("nan")])
def test_a_reference_that_cannot_be_divided_by_is_refused(error: float) -> None:
    with pytest.raises(FuseboardError, match=r"an error of .* under fog and of 0.1 without cannot be divided by"):
        Reference(0.1, {"fog": error})
