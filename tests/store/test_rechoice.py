"""The choice made again, from rows as the store keeps them."""

import numpy as np
import polars as pl
import pytest

from harness.metrics import measure
from store import gains, results
from store.choice import choose
from store.errors import FuseboardError
from store.rechoice import rechoose
from store.winner import win

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
                    "scores": scores.tolist() if subset in kept else None,
                }
            )
    return pl.DataFrame(records, schema_overrides={"scores": results.SCHEMA["scores"]})


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("by", ["acc", "auc", "log-loss"])
def test_it_is_the_choice_of_the_protocol(task, by):
    labels, _ = truth(task)
    found = rechoose(rows(task, by), labels, task, 200)
    choice = choose(rows(task, by))
    assert found.chosen == choice.chosen
    value = {tuple(row["subset"]): row for row in rows(task, by).to_dicts() if row["split"] == "val"}[choice.chosen]
    score = -value["log_loss"] if by == "log-loss" else value[by]
    assert found.apparent == pytest.approx(score, rel=1e-5)
    assert (found.candidates, found.images, found.resamples) == (3, 60, 200)
    assert sum(found.subsets.values()) == pytest.approx(1)


def test_the_tie_break_is_that_of_the_protocol():
    labels, _ = truth("multi-class")
    table = rows("multi-class")
    same = table["scores"][0]
    table = table.with_columns(pl.Series("scores", [same] * 6, dtype=results.SCHEMA["scores"]))
    assert rechoose(table.reverse(), labels, "multi-class", 50).subsets == {("a",): 1.0}


def test_after_compaction_it_speaks_of_the_finalists_only():
    labels, _ = truth("multi-class")
    found = rechoose(rows("multi-class", kept=SUBSETS[:2]), labels, "multi-class", 50)
    assert found.candidates == 2
    given = [np.array(row["scores"]) for row in rows("multi-class").to_dicts() if row["split"] == "val"][:2]
    right = np.stack([gains.right("multi-class", labels, each) for each in given])
    assert found == win(SUBSETS[:2], gains.mean(right), 60, 50)


def test_what_cannot_be_chosen_again():
    labels, _ = truth("multi-class")
    with pytest.raises(FuseboardError, match="no subset kept its validation predictions"):
        rechoose(rows("multi-class", kept=[]), labels, "multi-class")
    with pytest.raises(FuseboardError, match="no subset kept its validation predictions"):
        rechoose(rows("multi-class").clear(), labels, "multi-class")
    with pytest.raises(FuseboardError, match="chooses by cv-acc, whose folds keep no predictions"):
        rechoose(rows("multi-class", "cv-acc"), labels, "multi-class")
