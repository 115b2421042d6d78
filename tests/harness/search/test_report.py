"""What a search says of its choice: the best single backbone beside it, and what fusion adds on test."""

import polars as pl

from fuseboard.harness.search.report import Chosen
from fuseboard.store.results.selection import choose

SCORES = {
    ("alpha",): {"val": (0.80, 0.70), "test": (0.81, 0.71)},
    ("beta",): {"val": (0.90, 0.75), "test": (0.70, 0.60)},
    ("alpha", "beta"): {"val": (0.95, 0.80), "test": (0.75, 0.65)},
}


def said(scores: dict[tuple[str, ...], dict[str, tuple[float, float]]]) -> Chosen:
    rows = pl.DataFrame(
        [
            {
                "dataset": "d", "protocol": "p", "split": split, "subset": list(subset), "features": len(subset),
                "auc": auc, "acc": acc, "reason": None, "selection": ["acc", "backbones", "name"],
            }
            for subset, splits in scores.items()
            for split, (auc, acc) in splits.items()
        ],
        schema_overrides={"reason": pl.String},
    )  # fmt: skip
    return Chosen(choose(rows), rows)


def test_the_best_single_is_the_one_that_validation_prefers_and_not_test() -> None:
    own = said(SCORES)
    assert own.best_single == ("beta",)
    assert [(row["role"], row["subset"]) for row in own.table] == [
        ("chosen", "alpha+beta"),
        ("best single on validation", "beta"),
        ("all of the pool", "alpha+beta"),
        ("best test AUC", "alpha"),
        ("best test ACC", "alpha"),
    ]
    assert any("AUC +0.0500, ACC +0.0500" in note for note in own.notes)


def test_nothing_is_added_where_a_single_one_is_chosen_and_nothing_shown_where_none_was_measured() -> None:
    alone = said({subset: own for subset, own in SCORES.items() if len(subset) == 1})
    assert alone.choice.chosen == alone.best_single == ("beta",)
    assert not any("best single" in note for note in alone.notes)
    together = said({subset: own for subset, own in SCORES.items() if len(subset) == 2})
    assert together.best_single == ()
    assert not any(row["role"].startswith("best single") for row in together.table)


def test_what_is_best_on_test_is_among_the_rows_that_are_told_in_either_metric() -> None:
    """A search hands on the rows of its finalists alone, and the best AUC need not be the best accuracy's."""
    scores = {**SCORES, ("gamma",): {"val": (0.6, 0.5), "test": (0.99, 0.5)}}
    choice = said(scores).choice
    assert choice.best_on_test == {"auc": ("gamma",), "acc": ("alpha",)}
    joined = {**scores, ("beta", "gamma"): {"val": (0.6, 0.5), "test": (1.0, 0.5)}}
    choice = said(joined).choice
    assert ("beta", "gamma") in choice.finalists
    handed_on = said({subset: own for subset, own in joined.items() if subset in choice.finalists})
    (best,) = [row for row in Chosen(choice, handed_on.rows).table if row["role"] == "best test AUC"]
    assert (best["subset"], best["test_auc"]) == ("beta+gamma", 1.0)
