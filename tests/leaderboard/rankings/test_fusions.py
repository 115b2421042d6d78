"""The board of fusions: every way beside the chosen subset, the oracle never ranked."""

import numpy as np
import pytest

from fuseboard.leaderboard.boards.snapshot import take
from fuseboard.leaderboard.rankings.fusions import fusions
from fuseboard.leaderboard.site.build import build
from fuseboard.store.statistics.bootstrap import bootstrap
from tests.leaderboard.page import Page
from tests.leaderboard.predicted import LABELS, NAMES, SUBSETS, TASK, keep, said


def of(store):
    return fusions(take(store.opened), "starter")


def rows(store):
    return {row.name: row for row in of(store).rows}


def test_the_roles_and_their_distance_to_the_chosen_one(predicted):
    found = rows(predicted)
    assert set(found) == {"chosen", "all backbones", "best single", "oracle"}
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
    assert [row.name for row in found][-1] == "oracle"
    assert (found[-1].rank, found[-1].tier, found[-1].mean_rank) == (None, None, None)
    assert found[-1].mean_auc == 0.93  # though the best
    assert "never ranked" in found[-1].reason
    assert [row.rank for row in found[:-1]] == [1, 2, 3]


def test_other_ways_are_rows_of_their_own(predicted):
    own = {"evaluation": "linear-probe", "classifier": "linear-probe C=1"}
    keep(predicted, ("alpha",), said(11), **own)
    for number, subset in enumerate(SUBSETS):
        keep(predicted, subset, said(20 + number), val=0.9 - 0.1 * number, evaluation="late", fusion="soft-vote")
    found = rows(predicted)
    assert found["linear probe"].scores["tiny"].setting == "linear-probe C=1"
    assert found["votes of single backbones"].scores["tiny"].subset == ("alpha",)
    assert found["votes of all backbones"].scores["tiny"].subset == NAMES
    assert {row.tier for row in found.values() if row.rank} >= {1}
    assert all(row.rank_interval for row in found.values() if row.rank)


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


def test_means_are_over_datasets_with_a_choice_and_a_way_that_lacks_one_is_not_ranked(searched):
    searched.measure(("alpha",), (0.9, 0.9), (0.5, 0.5), dataset="eyes", evaluation="fusion")
    searched.measure(("alpha",), (None, None), (0.5, 0.5), dataset="octmnist")
    searched.measure(("beta",), (0.9, 0.9), (0.7, 0.7), evaluation="knn", classifier="knn k=1")
    found = of(searched)
    assert found.counted == ("eyes", "tiny")
    assert found.left_out == ("octmnist",)
    own = {row.name: row for row in found.rows}
    assert own["chosen"].mean_auc == pytest.approx((0.5 + 0.88) / 2)
    assert own["nearest neighbours"].reason == "no AUC on eyes"
    assert "no subset has a acc on validation" in own["chosen"].scores["octmnist"].reason


def test_the_page_shows_cells_differences_and_subsets(predicted, tmp_path):
    build(predicted.opened, tmp_path / "site")
    page = Page(tmp_path / "site" / "boards/fusion.html")
    found = rows(predicted)
    assert f"{100 * found['best single'].mean_difference.value:+.2f}".replace("-", "\N{MINUS SIGN}") in page.words
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
