import polars as pl
import pytest

from fuseboard.store.errors import FuseboardError
from fuseboard.store.results.selection import choose

DIMS = {"a": 8, "b": 2, "c": 4}


def rows(val, test=None, selection=("acc", "backbones", "features", "name")):
    test = test or val
    return pl.DataFrame(
        [
            {
                "dataset": "digits",
                "protocol": "starter",
                "split": split,
                "subset": list(subset),
                "features": sum(DIMS[name] for name in subset),
                "acc": acc,
                "auc": 0.5,
                "selection": list(selection),
            }
            for split, scores in (("val", val), ("test", test))
            for subset, acc in scores.items()
        ],
        schema_overrides={"acc": pl.Float64},
    )


def test_the_best_on_validation_is_chosen_and_the_best_on_test_is_the_oracle():
    choice = choose(rows({"a": 0.9, "b": 0.8, "ab": 0.7}, {"a": 0.5, "b": 0.95, "ab": 0.6}))
    assert choice.chosen == ("a",)
    assert choice.oracle == ("b",)
    assert choice.all_backbones == ("a", "b")
    assert choice.singles == (("a",), ("b",))
    assert choice.ties == (("a",),)
    assert (choice.measured, choice.possible) == (3, 3)
    assert choice.finalists == {("a",), ("b",), ("a", "b")}


@pytest.mark.parametrize(
    ("scores", "order"),
    [
        ({"ab": 0.9, "c": 0.9}, ["c", "ab"]),  # fewer backbones
        ({"a": 0.9, "c": 0.9, "b": 0.9}, ["b", "c", "a"]),  # then fewer dimensions
        ({"bc": 0.9, "ab": 0.9, "abc": 0.9}, ["bc", "ab", "abc"]),
    ],
)
def test_ties_are_broken_as_declared(scores, order):
    choice = choose(rows(scores))
    assert choice.ties == tuple(tuple(subset) for subset in order)
    assert choice.chosen == choice.ties[0]


def test_the_name_breaks_the_last_tie(monkeypatch):
    monkeypatch.setitem(DIMS, "a", 2)
    assert choose(rows({"b": 0.9, "a": 0.9})).ties == (("a",), ("b",))


def test_a_missing_score_is_not_ranked():
    choice = choose(rows({"a": None, "b": 0.1}))
    assert choice.chosen == ("b",)
    assert choice.all_backbones == ()


def test_nothing_to_choose_from_is_an_error():
    with pytest.raises(FuseboardError, match=r"digits under starter: no subset has a acc"):
        choose(rows({"a": None}))
    with pytest.raises(FuseboardError, match=r"no rows"):
        choose(rows({"a": 1.0}).clear())
    with pytest.raises(FuseboardError, match=r"tie-break 'colour' is not known"):
        choose(rows({"a": 1.0}, selection=("acc", "colour")))
