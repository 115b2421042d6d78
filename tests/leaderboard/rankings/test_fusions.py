"""The board of fusions: every way beside the chosen subset, the oracle never ranked."""

from itertools import combinations

import numpy as np
import pytest

from fuseboard.leaderboard.boards.snapshot import take
from fuseboard.leaderboard.output import plain
from fuseboard.leaderboard.rankings.fusions import fusions
from fuseboard.leaderboard.rankings.sentences import best_sentence
from fuseboard.leaderboard.site.build import build
from fuseboard.store.results.roles import BEST_ON_TEST
from fuseboard.store.statistics.bootstrap import bootstrap
from tests.leaderboard.page import Page
from tests.leaderboard.predicted import LABELS, NAMES, SUBSETS, TASK, keep, said


def of(store):
    return fusions(take(store.opened), "starter")


def rows(store):
    return {row.name: row for row in of(store).rows}


def test_the_roles_and_their_distance_to_the_chosen_one(predicted):
    found = rows(predicted)
    assert set(found) == {"chosen", "all backbones", "best single", *BEST_ON_TEST}
    direct = bootstrap(TASK, LABELS, {"single": said(1), "chosen": said(2)})
    difference = direct["single"].auc.minus(direct["chosen"].auc)
    assert found["best single"].scores["tiny"].subset == ("beta",)
    assert found["best single"].scores["tiny"].difference == difference
    assert found["best single"].mean_difference.value == pytest.approx(difference.value)
    assert (found["best single"].mean_difference.low, found["best single"].mean_difference.high) == pytest.approx(
        (difference.low, difference.high)
    )
    assert found["chosen"].mean_difference is None


def test_the_oracle_is_last_and_never_ranked(searched):
    found = of(searched).rows
    assert [row.name for row in found][-2:] == [*BEST_ON_TEST]
    assert (found[-1].rank, found[-1].tier, found[-1].mean_rank) == (None, None, None)
    assert found[-1].mean_auc == 0.93  # though the best
    assert "never ranked" in found[-1].reason
    assert [row.rank for row in found[:-2]] == [1, 2, 3]


def test_other_ways_are_rows_of_their_own(predicted):
    own = {"evaluation": "linear-probe", "classifier": "linear-probe C=1"}
    keep(predicted, ("alpha",), said(11), **own)
    predicted.embed("gamma", labels=LABELS)
    voters = [*SUBSETS, ("gamma",), (*NAMES, "gamma")]
    keep(predicted, voters[-1], said(9))
    for subset, val in zip(voters, (0.5, 0.5, 0.9, 0.5, 0.6), strict=True):
        keep(predicted, subset, said(20 + len(subset)), val=val, evaluation="late", fusion="soft-vote")
    found = rows(predicted)
    assert found["linear probe"].scores["tiny"].setting == "linear-probe C=1"
    assert found["votes of single backbones"].scores["tiny"].subset == NAMES
    assert found["votes of all backbones"].scores["tiny"].subset == voters[-1]
    assert {row.tier for row in found.values() if row.rank} >= {1}
    assert all(row.rank_interval for row in found.values() if row.rank)


def test_a_vote_of_one_is_no_method_of_its_own(predicted):
    for subset, val in zip(SUBSETS, (0.9, 0.5, 0.6), strict=True):
        keep(predicted, subset, said(20), val=val, evaluation="late", fusion="soft-vote")
    found = rows(predicted)
    vote = found["votes of single backbones"]
    assert (vote.rank, vote.scores["tiny"].auc) == (None, None)
    assert vote.scores["tiny"].reason == "one voter was chosen, alpha, which is no vote"
    assert found["votes of all backbones"].rank is not None


def test_tuned_subsets_are_named_after_their_role_and_other_protocols_not_ranked(predicted):
    for seed in (1, 2):
        keep(predicted, NAMES, said(20 + seed), evaluation="tuned", seed=seed, protocol="starter-trials2")
        keep(predicted, ("beta",), said(30 + seed), evaluation="tuned", seed=seed)
    found = rows(predicted)
    assert found["best single, tuned"].rank is not None
    other = found["chosen, tuned (starter-trials2)"]
    assert (other.rank, other.tier) == (None, None)
    assert "starter-trials2" in other.reason
    direct = bootstrap(TASK, LABELS, {seed: said(30 + seed) for seed in (1, 2)})
    drawn = np.mean([one.auc.resampled for one in direct.values()], axis=0)
    assert found["best single, tuned"].mean_interval == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])))


def three(store, dataset, *aucs):
    """Both backbones and their fusion on a dataset, of which the fusion is chosen."""
    scores = zip([("alpha",), ("beta",), ("alpha", "beta")], (0.7, 0.7, 0.8), aucs, strict=True)
    store.search({subset: ((0.7, val), (auc, 0.7)) for subset, val, auc in scores}, dataset)


def test_no_method_loses_its_place_for_one_dataset_that_few_methods_have(store):
    three(store, "breastmnist-64", 0.80, 0.81, 0.84)
    three(store, "octmnist", 0.90, 0.91, 0.92)
    for name, auc in (("linear-probe", 0.90), ("knn", 0.70), ("attention-trained", 0.89), ("attention-random", 0.88)):
        store.measure(("alpha",), (0.9, 0.9), (auc, 0.7), dataset="breastmnist-64", evaluation=name)
    found = of(store)
    assert found.counted == ("breastmnist-64",)
    assert found.why_not == {"octmnist": "only 3 of 7 rows have a test AUC there"}
    assert [(row.name, row.rank) for row in found.rows[:2]] == [("linear probe", 1), ("trained attention", 2)]
    assert all(row.rank for row in found.rows if row.name not in BEST_ON_TEST)
    assert found.on["octmnist"].best == ("chosen", "all backbones")


def test_a_method_that_lacks_a_shared_dataset_is_held_against_the_chosen_subset_on_the_others(store):
    for dataset, auc in (("breastmnist-64", 0.84), ("octmnist", 0.92), ("retinamnist", 0.70)):
        three(store, dataset, 0.80, 0.81, auc)
    for dataset, auc in (("breastmnist-64", 0.90), ("octmnist", 0.96)):
        store.measure(("alpha",), (0.9, 0.9), (auc, 0.7), dataset=dataset, evaluation="linear-probe")
    found = of(store)
    assert set(found.counted) == {"breastmnist-64", "octmnist", "retinamnist"}
    probe = next(row for row in found.rows if row.name == "linear probe")
    assert (probe.rank, probe.reason, set(probe.over)) == (
        None,
        "no AUC on retinamnist",
        {"breastmnist-64", "octmnist"},
    )
    assert probe.mean_difference.value == pytest.approx((0.90 + 0.96) / 2 - (0.84 + 0.92) / 2)
    assert [found.on[dataset].best for dataset in ("breastmnist-64", "octmnist")] == [("linear probe",)] * 2


def test_pools_of_other_backbones_have_no_mean_together(store):
    three(store, "breastmnist-64", 0.80, 0.81, 0.84)
    three(store, "octmnist", 0.90, 0.91, 0.92)
    pair = {("alpha",): 0.7, ("gamma",): 0.7, ("alpha", "gamma"): 0.8}
    store.search({s: ((0.7, val), (0.6, 0.7)) for s, val in pair.items()}, "retinamnist")
    found = of(store)
    assert set(found.counted) == {"breastmnist-64", "octmnist"}
    assert found.why_not["retinamnist"].startswith("its pool is another one, of 2 backbones")
    everything = next(row for row in found.rows if row.name == "all backbones")
    assert everything.mean_auc == pytest.approx((0.84 + 0.92) / 2)


def test_rows_are_called_by_the_pool_and_by_what_they_are_best_on(store, tmp_path):
    three(store, "breastmnist-64", 0.80, 0.81, 0.84)
    found = of(store)
    assert found.title("all backbones") == "all 2 of the pool"
    assert found.title("best single, tuned") == "best single on validation, tuned"
    names = ("alpha", "beta", "gamma")
    everything = [subset for size in (1, 2, 3) for subset in combinations(names, size)]
    store.search({subset: ((0.7, 0.1 * len(subset)), (0.6, 0.7)) for subset in everything}, "octmnist")
    found = of(store)
    assert best_sentence(found, "breastmnist-64", "method") == (
        "The chosen subset and all 2 of the pool share the highest test AUC of 3 methods, .840; whether the others "
        "differ from them is not known, because no ranked row can be resampled: "
        "predictions were not kept (breastmnist-64)."
    )
    assert found.title("votes of all backbones") == "votes of all of the pool"
    assert found.title("all backbones", "octmnist") == "all 3 of the pool"
    build(store.opened, tmp_path / "site")
    page = Page(tmp_path / "site" / "boards/fusion.html").words
    assert "all 2 of the pool" in page
    assert "all 3 of the pool" in page
    assert "octmnist does not count" in page or "breastmnist-64 does not count" in page


def test_a_dataset_without_a_choice_does_not_count(searched):
    searched.measure(("alpha",), (None, None), (0.5, 0.5), dataset="octmnist")
    found = of(searched)
    assert found.counted == ("tiny",)
    assert list(found.why_not) == ["octmnist"]
    own = {row.name: row for row in found.rows}
    assert "no subset has a acc on validation" in own["chosen"].scores["octmnist"].reason


def test_the_page_shows_cells_differences_and_subsets(predicted, tmp_path):
    build(predicted.opened, tmp_path / "site")
    page = Page(tmp_path / "site" / "boards/fusion.html")
    found = rows(predicted)
    assert plain.points(found["best single"].mean_difference.value) in page.words
    assert "The pool is the 2 backbones alpha + beta; all 3 of their subsets were measured" in page.words
    assert len(page.all("tfoot")) == 3


def test_a_pool_of_few_among_many_is_not_called_incomplete(searched, tmp_path):
    for number in range(60):
        searched.measure((f"single-{number:02}",), (0.5, 0.5), (0.5, 0.5))
    build(searched.opened, tmp_path / "site")
    page = Page(tmp_path / "site" / "boards/fusion.html").words
    assert "all 7 of their subsets were measured. 60 more were measured alone only" in page
    everything = "".join(path.read_text() for path in (tmp_path / "site").rglob("*.html"))
    assert str(2**63 - 1) not in everything
    assert f"{2**63 - 1:,}" not in everything
