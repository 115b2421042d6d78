"""Columns that are seen better than the label: a planted site is found, and what is none is not."""

import numpy as np
import pytest
from scipy.stats.contingency import association
from sklearn.metrics import roc_auc_score

from fuseboard.harness.audit import columns, out_of_fold, shortcuts
from fuseboard.harness.audit.columns import Column

N = 500


def measured(cells, labels, blocks, units=None):
    units = np.arange(N) if units is None else units
    column = columns.of("site", cells, labels)
    assert isinstance(column, Column)
    cut = out_of_fold.folds(column.numbers, units[column.rows])
    said = shortcuts.mean(
        [out_of_fold.probabilities(b[column.rows], column.numbers, len(column.values), cut) for b in blocks]
    )
    classes = labels.shape[1] if labels.ndim > 1 else int(labels.max()) + 1
    folds = out_of_fold.folds(labels, units)
    of_label = shortcuts.mean([out_of_fold.probabilities(b, labels, classes, folds) for b in blocks])
    return shortcuts.measure(column, said, labels, of_label, units), said, of_label


def made(seed, together, strength=4.0):
    """Labels, sites of three hospitals, and vectors in which the site is far plainer than the label."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, N)
    sites = np.where(rng.random(N) < together, labels, rng.integers(0, 3, N))
    blocks = []
    for _ in range(2):
        block = rng.normal(0, 1, (N, 10)).astype(np.float32)
        block[:, 0] += 0.8 * labels
        block[:, 1] += strength * (sites == 1)
        block[:, 2] += strength * (sites == 2)
        blocks.append(block)
    return labels, [f"hospital {site}" for site in sites], blocks


def test_a_planted_shortcut_is_found():
    labels, sites, blocks = made(0, together=0.3)
    found, said, of_label = measured(sites, labels, blocks)
    assert found.is_seen_better
    assert found.goes_with_label
    numbers = np.array([int(site[-1]) for site in sites])
    truth = np.eye(3)[numbers]
    assert found.of_column["auc"].value == pytest.approx(roc_auc_score(truth, said, average="macro"))
    assert found.of_label["auc"].value == pytest.approx(roc_auc_score(labels, of_label[:, 1]))
    for each in (found.of_column["auc"], found.of_label["auc"], found.difference["auc"]):
        assert each.low < each.value < each.high
    table = np.array([[np.sum((numbers == s) & (labels == c)) for c in (0, 1)] for s in range(3)])
    assert found.cramers_v == pytest.approx(association(table, method="cramer"))


def test_a_site_that_the_label_does_not_depend_on_tells_nothing_of_it():
    labels, sites, blocks = made(1, together=0.0)
    found, _, _ = measured(sites, labels, blocks)
    assert found.is_seen_better
    assert not found.goes_with_label


def test_what_the_vectors_do_not_hold_is_no_shortcut():
    labels, sites, blocks = made(2, together=0.0, strength=0.0)
    found, _, _ = measured(sites, labels, blocks)
    assert not found.is_seen_better
    assert found.difference["auc"].high < 0


def test_patients_are_drawn_whole():
    labels, sites, blocks = made(3, together=0.3)
    patients = np.arange(N // 10).repeat(10)
    alone, _, _ = measured(sites, labels, blocks)
    same = np.arange(0, N, 10).repeat(10)  # every patient's images are one image ten times
    together, _, _ = measured(
        [sites[row] for row in same], labels[same], [block[same] for block in blocks], units=patients
    )
    width = [each.of_label["auc"].high - each.of_label["auc"].low for each in (alone, together)]
    assert width[1] > 2 * width[0]


def test_several_labels_are_held_against_a_column_too():
    labels, sites, blocks = made(4, together=0.3)
    both = np.stack([labels, np.random.default_rng(0).integers(0, 2, N)], axis=1)
    found, _, _ = measured(sites, both, blocks)
    assert found.is_seen_better
    assert found.goes_with_label


LABELS = np.arange(40) % 2


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ([f"scan {n}" for n in range(40)], "40 values"),
        (["one"] * 40, "fewer than two"),
        (["one"] * 35 + ["other"] * 5, "fewer than two"),
        ([None] * 40, "fewer than two"),
        (["ill" if n % 2 else "well" for n in range(40)], "label in other words"),
    ],
)
def test_of_some_columns_nothing_can_be_asked(cells, reason):
    assert reason in str(columns.of("column", cells, LABELS))


def test_many_numbers_are_halved_and_what_is_missing_is_passed_over():
    cells = [None, *(f"{n}.5" for n in range(1, 40))]
    found = columns.of("age", cells, LABELS)
    assert isinstance(found, Column)
    assert found.values == ("above 20.5", "up to 20.5")
    assert found.rows.tolist() == list(range(1, 40))
    assert [found.values[n] for n in found.numbers[[0, 19, 20]]] == ["up to 20.5", "up to 20.5", "above 20.5"]
