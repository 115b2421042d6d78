"""A sentence says who is best on a dataset and who cannot be told from it, in each case there is."""

from types import SimpleNamespace

import pytest

from fuseboard.leaderboard.rankings.sentences import best_sentence
from fuseboard.leaderboard.rankings.table import DatasetRanking, Place, RankingTable
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
