import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuseboard.store.errors import FuseboardError
from fuseboard.store.results.selection import best_on_test, by_validation, choose, ranked

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
                "reason": None if acc is not None else "nobody knows",
                "selection": list(selection),
            }
            for split, scores in (("val", val), ("test", test))
            for subset, acc in scores.items()
        ],
        schema_overrides={"acc": pl.Float64, "reason": pl.String},
    )


def test_the_best_on_test_is_the_best_in_the_metric_that_is_asked_for():
    told = rows({"a": 0.5, "b": 0.4}, {"a": 0.6, "b": 0.7}).with_columns(auc=1 - pl.col("acc"))
    assert best_on_test(told, "acc") == (("b",), None)
    assert best_on_test(told, "auc") == (("a",), None)
    none = told.with_columns(auc=pl.lit(None, pl.Float64))
    assert best_on_test(none, "auc")[0] == ()
    assert "no subset has a auc on test" in best_on_test(none, "auc")[1]


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
    with pytest.raises(
        FuseboardError, match=r"digits under starter: no subset has a acc on validation \(nobody knows\)"
    ):
        choose(rows({"a": None}))
    with pytest.raises(FuseboardError, match=r"no rows"):
        choose(rows({"a": 1.0}).clear())
    with pytest.raises(FuseboardError, match=r"tie-break 'colour' is not known"):
        choose(rows({"a": 1.0}, selection=("acc", "colour")))


def test_a_choice_needs_no_score_on_test():
    choice = choose(rows({"a": 0.5, "ab": 0.7}, {"a": None, "ab": None}))
    assert (choice.chosen, choice.oracle) == (("a", "b"), ())
    assert choice.no_oracle == "no subset has a acc on test (nobody knows)"
    assert choice.finalists == {("a",), ("a", "b")}
    assert choose(rows({"a": 0.5})).no_oracle is None


def test_scores_that_differ_by_rounding_are_equal():
    # 33 of 40 by cross-validation, summed in another order of the folds; 39 of 40 in AUC
    for score in (33 / 40, 39 / 40):
        near = {"ab": math.nextafter(score, 1), "c": score, "a": 0.1}
        choice = choose(rows(near))
        assert choice.chosen == choice.oracle == ("c",)
        assert choice.ties == (("c",), ("a", "b"))
        assert [*by_validation(rows(near))] == [("c",), ("a", "b"), ("a",)]
        assert ranked({tuple(one): value for one, value in near.items()}, len, ["backbones"])[0] == ("c",)


def test_all_faultless_subsets_are_told():
    subsets = ["a", "b", "c", "ab", "ac", "bc", "abc"]
    faultless = {subset: 1.0 if place % 3 else math.nextafter(1, 0) for place, subset in enumerate(subsets)}
    assert len(choose(rows(faultless)).ties) == len(subsets)


@given(
    st.dictionaries(
        st.sampled_from(["a", "b", "c", "ab", "ac", "bc", "abc"]),
        st.tuples(*[st.integers(7, 9)] * 3, st.permutations(range(3))),
        min_size=1,
    )
)
def test_the_choice_is_that_of_the_fractions(folds):
    exact = {subset: sum(right) for subset, (*right, _) in folds.items()}
    scores = {subset: sum(right[i] / 10 for i in order) / 3 for subset, (*right, order) in folds.items()}
    expected = sorted(exact, key=lambda s: (-exact[s], len(s), sum(DIMS[name] for name in s), "+".join(s)))
    choice = choose(rows(scores))
    assert choice.chosen == choice.oracle == tuple(expected[0])
    assert choice.ties == tuple(tuple(s) for s in expected if exact[s] == exact[expected[0]])
