"""The choice made again, from rows as the store keeps them."""

import numpy as np
import polars as pl
import pytest

from fuseboard.harness.classifiers.metrics import measure
from fuseboard.harness.search.result_rows import answers
from fuseboard.store.errors import FuseboardError
from fuseboard.store.results import rows as results
from fuseboard.store.results.selection import choose
from fuseboard.store.results.selection_stability import rechoose
from fuseboard.store.statistics import weighted_metrics
from fuseboard.store.statistics.selection_bias import win

pytest.importorskip("sklearn", reason="predictions are measured by the harness")

SUBSETS = [("a",), ("b",), ("a", "b")]
TASKS = {"binary-class": (60, 2), "multi-class": (60, 3), "multi-label, binary-class": ((60, 4), 4)}


def truth(task):
    shape, classes = TASKS[task]
    return np.random.default_rng(0).integers(2 if "binary" in task else classes, size=shape), classes


def rows(task, by="acc", kept=SUBSETS):
    labels, classes = truth(task)
    random, records = np.random.default_rng(1), []
    for subset in SUBSETS:
        for split in ("val", "test"):
            scores = random.dirichlet(np.ones(classes), size=60).round(2).astype(np.float32)
            found = measure(task, labels, scores)
            records.append(
                {
                    "dataset": "digits",
                    "protocol": "starter",
                    "split": split,
                    "subset": list(subset),
                    "features": len(subset),
                    "acc": found.acc,
                    "auc": found.auc,
                    "log_loss": found.log_loss,
                    "selection": [by, "backbones", "features", "name"],
                    "right": answers(task, labels, scores) if subset in kept else None,
                }
            )
    return pl.DataFrame(records, schema_overrides={"right": results.SCHEMA["right"]})


@pytest.mark.parametrize("task", TASKS)
def test_it_is_the_choice_of_the_protocol(task):
    found = rechoose(rows(task), 200)
    choice = choose(rows(task))
    assert found.chosen == choice.chosen
    value = {tuple(row["subset"]): row for row in rows(task).to_dicts() if row["split"] == "val"}[choice.chosen]
    assert found.validation_score == pytest.approx(value["acc"], rel=1e-12)
    assert (found.candidates, found.images, found.resamples) == (3, 60, 200)
    assert sum(found.subsets.values()) == pytest.approx(1)


def test_the_tie_break_is_that_of_the_protocol():
    table = rows("multi-class")
    same = {name: pl.Series(name, [table[name][0]] * 6, dtype=table.schema[name]) for name in ("right", "acc")}
    assert rechoose(table.with_columns(**same).reverse(), 50).subsets == {("a",): 1.0}


def test_it_is_the_win_of_the_answers_themselves():
    labels, classes = truth("multi-class")
    random = np.random.default_rng(1)
    drawn = [random.dirichlet(np.ones(classes), size=60).round(2).astype(np.float32) for _ in range(6)]
    right = np.stack([(scores.argmax(axis=1) == labels).astype(np.float32) for scores in drawn[::2]])
    assert rechoose(rows("multi-class"), 50) == win(SUBSETS, weighted_metrics.mean(right), 60, 50)


def test_rows_of_before_answers_were_kept():
    with pytest.raises(FuseboardError, match="1 of 3 subsets has no answers on validation"):
        rechoose(rows("multi-class", kept=SUBSETS[:2]))


def test_what_cannot_be_chosen_again():
    with pytest.raises(FuseboardError, match="0 of 0 subsets"):
        rechoose(rows("multi-class").clear())
    for by in ("auc", "log-loss", "cv-acc"):
        with pytest.raises(FuseboardError, match=f"chooses by {by}, and rows keep only"):
            rechoose(rows("multi-class", by))


def test_a_choice_among_all_wrong_answers_has_a_score():
    zeros = pl.Series("right", [[0] * 60] * 6, dtype=results.SCHEMA["right"])
    assert rechoose(rows("multi-class").with_columns(zeros, acc=pl.lit(0.0)), 20).validation_score == 0
