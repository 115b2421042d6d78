"""Leakage: labels among the features, rows of other images, and vectors fitted to what they should not know."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import special_ortho_group

from fuseboard.harness.submissions.shards import leakage, split_statistics
from tests.harness.submissions.field import DATA
from tests.harness.submissions.stranger import DIM, Stranger

Change = Callable[[Stranger], None]
SPLITS = ("train", "val", "test")


@pytest.fixture
def stranger(small_store: Path, tmp_path: Path) -> Stranger:
    return Stranger(small_store, tmp_path)


def a_label(split: str, column: int, scale: float, noise: float = 0.0) -> Change:
    def change(s: Stranger) -> None:
        matrix = s.vectors(split)
        wobble = noise * np.random.default_rng(0).standard_normal(120)
        matrix[:, column] = scale * s.labels(split).astype(np.float32) + wobble
        s.embed(split, matrix)

    return change


def one_class(s: Stranger) -> None:
    matrix = s.vectors("val")
    matrix[:, 6] = np.take([3, 1, 4, 1.5, 9, 2, 6, 5, 3.5, 8], s.labels("val"))
    s.embed("val", matrix)


def shifted(split: str, by: int) -> Change:
    return lambda s: s.embed(split, np.roll(s.vectors(split), by, axis=0))


def all_shifted(s: Stranger) -> None:
    for split in SPLITS:
        shifted(split, 1)(s)


def swapped(s: Stranger) -> None:
    train, test = s.vectors("train"), s.vectors("test")
    s.embed("train", test)
    s.embed("test", train)


def shuffled(s: Stranger) -> None:
    s.embed("test", np.random.default_rng(3).permutation(s.vectors("test")))


def fitted(s: Stranger) -> None:
    """Knows the labels of train by heart, and of the other images nothing."""
    rng = np.random.default_rng(1)
    classes = rng.standard_normal((10, DIM)).astype(np.float32)
    for split in SPLITS:
        matrix = rng.standard_normal((120, DIM)).astype(np.float32)
        if split == "train":
            matrix = classes[s.labels(split)] + 0.3 * matrix
        s.embed(split, matrix)


def turned(s: Stranger) -> None:
    """The label as ten numbers, turned so that no column is it, in vectors that otherwise are noise."""
    rng = np.random.default_rng(2)
    turn = special_ortho_group.rvs(DIM, random_state=0).astype(np.float32)
    for split in SPLITS:
        matrix = rng.standard_normal((120, DIM)).astype(np.float32)
        matrix[:, :10] += 60 * np.eye(10, dtype=np.float32)[s.labels(split)]
        s.embed(split, matrix @ turn)


BROKEN: dict[str, tuple[Change, str]] = {
    "the label of train": (a_label("train", 17, 1.0), "leakage: digits-first120 train: column 17 is the label"),
    "the label of test": (a_label("test", 3, -250.0), "leakage: digits-first120 test: column 3 is the label"),
    "the label, a little noisy": (a_label("val", 0, 100.0, 1.0), "leakage: digits-first120 val: column 0 is the label"),
    "a number per class": (one_class, "leakage: digits-first120 val: column 6 is the label (1.0000"),
    "one row on": (shifted("test", 1), "shifted: digits-first120 test: labels 1 row before fit the vectors better"),
    "two rows back": (shifted("train", -2), "shifted: digits-first120 train: labels 2 rows further on fit the vect"),
    "all splits shifted": (all_shifted, "shifted: digits-first120 train: labels 1 row before"),
    "the training labels by heart": (fitted, "the backbone knows the training labels"),
    "labels in disguise": (turned, "the vectors know the labels"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_leaks_are_named(case: str, stranger: Stranger) -> None:
    change, message = BROKEN[case]
    change(stranger)
    assert message in stranger.problem()


@pytest.mark.parametrize(("change", "split"), [(swapped, "t"), (shuffled, "test")])
def test_vectors_of_other_images_are_noticed(stranger: Stranger, change: Change, split: str) -> None:
    """`val` is like `pixels`; the others are of other images, which no label tells."""
    change(stranger)
    found = [f for f in stranger.check().findings if f.check == "shifted"]
    assert {f.status for f in found} == {"note"}
    assert f"digits-first120 {split}" in found[0].message
    assert "unlike every other backbone" in found[0].message


def test_a_shift_is_seen_without_labels(stranger: Stranger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where neighbours tell nothing, the rows of another backbone do."""
    monkeypatch.setattr(leakage, "_shifts", lambda *_: [])
    shifted("val", 1)(stranger)
    assert "shifted: digits-first120 val: like pixels -1 rows away (CKA 0.6" in stranger.problem()


def test_sound_vectors_are_under_no_suspicion(stranger: Stranger) -> None:
    found = [f for f in stranger.check().findings if f.check in ("leakage", "shifted", "neighbours")]
    assert [(f.status, f.check) for f in found] == [("ok", "neighbours")]


def test_the_share_that_labels_explain_is_that_of_an_analysis_of_variance(stranger: Stranger) -> None:
    found = leakage._explained(split_statistics.split_statistics(stranger.version, DATA)["train"])
    matrix, labels = stranger.vectors("train").astype(np.float64), stranger.labels("train")
    usual = np.isin(labels, [c for c in range(10) if (labels == c).sum() >= leakage.MIN_IMAGES])
    matrix, labels = matrix[usual], labels[usual]
    means = np.stack([matrix[labels == c].mean(axis=0) for c in labels])
    within, whole = ((matrix - means) ** 2).sum(axis=0), ((matrix - matrix.mean(axis=0)) ** 2).sum(axis=0)
    np.testing.assert_allclose(found, 1 - within / whole, atol=1e-4)


def test_several_labels_are_looked_at_one_by_one() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, (500, 14)).astype(np.uint8)
    matrix = rng.standard_normal((500, 6)).astype(np.float32)
    matrix[:, 4] = 5 - 2 * labels[:, 9]
    found = leakage._explained(sums_of(labels, matrix))
    correlations = np.array([[np.corrcoef(column, label)[0, 1] ** 2 for column in matrix.T] for label in labels.T])
    np.testing.assert_allclose(found, correlations.max(axis=0), atol=1e-5)
    assert found.argmax() == 4


def sums_of(labels: np.ndarray, matrix: np.ndarray) -> split_statistics.SplitStatistics:
    """As one pass over these rows makes them."""
    rest = matrix - matrix[0]
    one_hot = labels.astype(np.float64)
    sums = (one_hot.sum(axis=0), one_hot.T @ rest, one_hot.T @ rest**2, rest.sum(axis=0), (rest**2).sum(axis=0))
    rows = np.arange(len(labels), dtype=np.uint32)
    drawn = split_statistics.Sample(rows.astype(np.int64), matrix)
    return split_statistics.SplitStatistics(rows, labels, rows.astype(np.uint64), matrix[:, 0], *sums, drawn)


def test_a_column_that_fires_for_one_image_is_no_label() -> None:
    """A class of one image, and a column that is 0 but for it."""
    labels = np.zeros((400, 3), np.uint8)
    labels[np.arange(400), np.arange(400) % 2] = 1
    labels[7] = (0, 0, 1)
    matrix = np.zeros((400, 2), np.float32)
    matrix[7, 0] = 9
    matrix[:, 1] = np.arange(400)
    single = split_statistics.SplitStatistics(**{**vars(sums_of(labels, matrix)), "labels": labels.argmax(axis=1)})
    assert leakage._explained(single).max() < 0.1
    assert leakage._explained(sums_of(labels, matrix)).max() < 0.1


def test_a_pass_in_many_pieces_adds_up_to_the_same(stranger: Stranger, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = split_statistics.split_statistics(stranger.version, DATA)["val"]
    monkeypatch.setattr(split_statistics, "BATCH_BYTES", 4 * DIM * 7)
    pieces = split_statistics.split_statistics(stranger.version, DATA)["val"]
    for name in ("ids", "labels", "hashes", "counts"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(pieces, name))
    for name in ("squares", "sums", "sums2", "total", "total2"):
        np.testing.assert_allclose(getattr(whole, name), getattr(pieces, name), rtol=1e-4, atol=1e-3)
    matrix = stranger.vectors("val")
    np.testing.assert_allclose(whole.total2, ((matrix - matrix[0]) ** 2).sum(axis=0), rtol=1e-4)
    assert (whole.total2 == 0).sum() == (matrix == matrix[0]).all(axis=0).sum()
    np.testing.assert_array_equal(whole.sample.matrix, matrix)
