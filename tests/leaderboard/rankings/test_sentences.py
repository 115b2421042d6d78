"""A sentence says who is best on a dataset and who cannot be told from it, in each case there is."""

from types import SimpleNamespace

import pytest

from fuseboard.leaderboard.rankings.sentences import best_sentence, mean_sentence
from fuseboard.leaderboard.rankings.table import DatasetRanking, Place, RankingTable
from fuseboard.store.results.selection import Criterion
from fuseboard.store.statistics.estimates import Difference

NOTHING = Difference(None, None, None, None)


def said(places, no_tiers=None, kind="backbone"):
    """The sentence of rows that have (rank, AUC, whether they are told from the best)."""
    made = {name: Place(rank, None, None, told, NOTHING) for name, (rank, _, told) in places.items()}
    rows = [
        SimpleNamespace(name=name, scores={"eyes": SimpleNamespace(auc=auc, interval=None)})
        for name, (_, auc, _) in places.items()
    ]
    on = {"eyes": DatasetRanking("eyes", made, no_tiers)}
    table = RankingTable("p", ("eyes",), ("eyes",), {}, tuple(rows), None, reference=None, on=on)
    return best_sentence(table, "eyes", kind)


@pytest.mark.parametrize(
    ("places", "words"),
    [
        ({}, "No backbone has a test AUC."),
        ({"a": (1, 0.9, False)}, "a is the only backbone with a test AUC, .900."),
        ({"a": (1, 0.9, False), "b": (1, 0.9, False)}, "a and b share the highest test AUC of 2 backbones, .900."),
        (
            {"a": (1, 0.9, False), "b": (2, 0.8, True)},
            "a has the highest test AUC of 2 backbones, .900; the other is worse beyond chance.",
        ),
        (
            {"a": (1, 0.9, False), "b": (2, 0.8, True), "c": (3, 0.7, True)},
            "a has the highest test AUC of 3 backbones, .900; all 2 others are worse beyond chance.",
        ),
        (
            {"a": (1, 0.9, False), "b": (2, 0.8, True), "c": (3, 0.79, False)},
            "a has the highest test AUC of 3 backbones, .900; 1 other cannot be told from it: c.",
        ),
        (
            {name: (rank, 0.9 - rank / 100, False) for rank, name in enumerate("abcdefg", 1)},
            "a has the highest test AUC of 7 backbones, .890; 6 others cannot be told from it: b, c, d and 3 more.",
        ),
    ],
)
def test_each_case_is_said(places, words):
    assert said(places) == words


def test_what_nothing_tells_is_said_with_the_reason():
    places = {"votes of x": (1, 0.9, None), "b": (2, 0.8, None)}
    assert said(places, "predictions were not kept", "method") == (
        "votes of x have the highest test AUC of 2 methods, .900; whether the others differ from them is not known, "
        "because predictions were not kept."
    )


def in_the_mean(rows, counted=("eyes", "ears"), kind="backbone"):
    """The sentence of rows that have (rank, mean AUC, tier)."""
    made = [
        SimpleNamespace(name=name, rank=rank, mean_auc=auc, tier=tier, mean_interval=(auc - 0.1, auc + 0.05))
        for name, (rank, auc, tier) in rows.items()
    ]
    return mean_sentence(RankingTable("p", counted, counted, {}, tuple(made), None, None, {}), kind)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ({"a": (None, 0.9, None)}, ""),
        (
            {"a": (1, 0.9, 1)},
            "a is the only ranked backbone, with a mean test AUC over eyes and ears of .900 (.800 to .950).",
        ),
        (
            {"a": (1, 0.9, 1), "b": (2, 0.8, 2)},
            "a has the highest mean test AUC over eyes and ears, .900 (.800 to .950).",
        ),
        (
            {"a": (1, 0.9, 1), "b": (1, 0.9, 1), "c": (3, 0.8, 1), "d": (4, 0.7, None)},
            "a and b have the highest mean test AUC over eyes and ears, .900 (.800 to .950); c cannot be told from "
            "them.",
        ),
    ],
)
def test_the_best_in_the_mean_is_said_with_those_that_cannot_be_told_from_it(rows, words):
    assert in_the_mean(rows) == words


def test_of_one_dataset_there_is_no_mean_and_of_many_their_number_is_said():
    rows = {"votes of x": (1, 0.9, None), "b": (2, 0.8, None)}
    assert in_the_mean(rows, ("eyes",)).startswith("votes of x have the highest test AUC on eyes, .900")
    assert "mean test AUC over 5 datasets" in in_the_mean(rows, tuple("abcde"))


def test_a_method_begins_a_sentence_with_a_capital_and_is_called_by_more_than_its_badge():
    rows = {"chosen": (1, 0.9, 1), "best single": (2, 0.89, 1), "all backbones": (3, 0.8, 1)}
    made = [
        SimpleNamespace(name=name, rank=rank, mean_auc=auc, tier=tier, mean_interval=None)
        for name, (rank, auc, tier) in rows.items()
    ]
    pools = {"eyes": ("a", "b")}
    table = RankingTable(
        "p", ("eyes",), ("eyes",), {}, tuple(made), None, None, {}, pools=pools, criterion=Criterion("val.acc")
    )
    assert mean_sentence(table, "method") == (
        "The chosen subset has the highest test AUC on eyes, .900; the best single backbone on validation and all 2 of "
        "the pool cannot be told from it."
    )
