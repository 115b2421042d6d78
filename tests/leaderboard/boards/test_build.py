import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from fuseboard.leaderboard.boards.build import boards, competition_ranks
from fuseboard.leaderboard.rows.current import mark
from fuseboard.leaderboard.statistics.wilson import wilson
from fuseboard.store.results import rows as results
from fuseboard.store.results.roles import BEST_ON_TEST

shares = st.one_of(st.none(), st.integers(0, 1798).map(lambda right: right / 1798), st.sampled_from([0.5, 0.75]))


@given(st.lists(shares))
def test_a_rank_is_one_more_than_the_number_of_better_values(values):
    for value, rank in zip(values, competition_ranks(values), strict=True):
        if value is None:
            assert rank is None
        else:
            assert rank == 1 + sum(other is not None and other > value for other in values)


@given(st.lists(shares, min_size=1))
def test_equal_values_share_a_rank_and_no_others_do(values):
    ranks = competition_ranks(values)
    known = [(v, r) for v, r in zip(values, ranks, strict=True) if v is not None]
    assert len({r for _, r in known}) == len({v for v, _ in known})


def test_means_over_datasets_that_differ_by_rounding_share_a_rank():
    near = 1193 / 1798
    assert competition_ranks([0.9, near, None, 0.8, math.nextafter(near, 0), 0.1]) == [1, 3, None, 2, 3, 5]


@given(st.floats(0, 1), st.integers(1, 10**6))
def test_the_interval_holds_the_share_and_stays_inside_one(share, n):
    low, high = wilson(share, n)
    assert 0 <= low <= share <= high <= 1
    assert low < high


def test_the_interval_equals_a_published_example():
    # Newcombe 1998, Stat. Med. 17, 857-872, table I, method 3: 81 of 263.
    assert wilson(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)


def only_board(store, tasks=None):
    (board,) = boards(results.read(store.root), tasks if tasks is not None else {"tiny": "multi-class"})
    return board


def test_roles_and_what_they_differ_by(searched):
    board = only_board(searched)
    roles = {role.name: role for role in board.roles}
    assert roles["chosen"].entry.subset == ("alpha", "beta")
    assert roles["all backbones"].entry.subset == ("alpha", "beta", "gamma")
    assert roles["best single"].entry.subset == ("beta",)
    assert roles["best test ACC"].entry.subset == ("beta", "gamma")
    assert roles["best test ACC"].acc_minus_chosen == pytest.approx(0.12)
    assert roles["best single"].auc_minus_chosen == pytest.approx(-0.03)
    assert board.ties == (("alpha", "beta"), ("alpha", "gamma"))
    assert (board.measured, board.possible) == (7, 7)


def test_nothing_beats_what_is_called_best_on_test(store):
    store.search(
        {
            ("alpha",): ((0.8, 0.9), (0.81, 0.72)),
            ("beta",): ((0.8, 0.8), (0.95, 0.75)),
            ("alpha", "beta"): ((0.8, 0.7), (0.90, 0.80)),
        }
    )
    board = only_board(store)
    assert {name: board.role(name).entry.subset for name in BEST_ON_TEST} == {
        "best test AUC": ("beta",),
        "best test ACC": ("alpha", "beta"),
    }
    for name, metric in BEST_ON_TEST.items():
        best = getattr(board.role(name).entry.test, metric)
        assert best == max(getattr(entry.test, metric) for entry in board.entries)
    assert board.title("best single") == "best single on validation"
    assert board.title("all backbones") == "all 2 of the pool"


@pytest.mark.parametrize("other", [0.0, 1.0])
def test_a_board_takes_single_backbones_that_differ_by_rounding(searched, other):
    near = 1193 / 1798
    for name, auc in (("delta", near), ("epsilon", math.nextafter(near, other))):
        searched.measure((name,), (0.5, 0.5), (auc, 0.5))
    ranks = {single.entry.subset[0]: single.rank for single in only_board(searched).singles}
    assert ranks["delta"] == ranks["epsilon"]


def test_backbones_that_were_measured_alone_only_are_no_part_of_the_pool(searched):
    searched.measure(("delta",), (0.5, 0.5), (0.5, 0.5))
    board = only_board(searched)
    assert (board.pool, board.outside) == (("alpha", "beta", "gamma"), ("delta",))
    assert (board.measured, board.possible) == (8, 8)
    assert board.role("all backbones").entry.subset == board.pool
    assert [one.backbone for one in board.contributions] == ["beta", "gamma", "alpha"]
    assert sum(one.auc for one in board.contributions) == pytest.approx(0.91 - 0.5)


def test_without_joined_subsets_everything_is_the_pool(store):
    store.search({("a",): ((0.9, 0.9), (0.9, 0.9)), ("b",): ((0.8, 0.8), (0.8, 0.8))})
    board = only_board(store)
    assert (board.pool, board.outside, board.measured, board.possible) == (("a", "b"), (), 2, 3)


def test_singles_share_a_rank_when_their_test_auc_is_equal(searched):
    board = only_board(searched)
    assert [(s.rank, s.entry.subset[0]) for s in board.singles] == [(1, "beta"), (2, "alpha"), (2, "gamma")]


def test_ranks_use_full_precision(store):
    store.search({("a",): ((0.9, 0.9), (0.90001, 0.9)), ("b",): ((0.9, 0.9), (0.90002, 0.9))})
    assert [(s.rank, s.entry.subset[0]) for s in only_board(store).singles] == [(1, "b"), (2, "a")]


def test_a_changed_rank_is_refused(searched):
    board = only_board(searched)
    wrong = board.singles[1].model_copy(update={"rank": 1})
    with pytest.raises(ValidationError, match="do not follow the test AUC"):
        type(board).model_validate({**dict(board), "singles": (board.singles[0], wrong)})


def test_an_older_version_is_counted_and_not_ranked(searched):
    searched.measure(("alpha",), (0.99, 0.99), (0.99, 0.99), revisions={"alpha": 2}, day=-1)
    board = only_board(searched)
    assert board.role("chosen").entry.subset == ("alpha", "beta")
    assert [(s.reason, s.rows) for s in board.superseded] == [("another version of a backbone", 2)]


def test_a_newer_version_supersedes_every_subset_that_used_the_old_one(searched):
    searched.measure(("alpha",), (0.5, 0.5), (0.5, 0.5), revisions={"alpha": 2}, day=1)
    board = only_board(searched)
    assert {entry.subset for entry in board.entries} == {("alpha",), ("beta",), ("gamma",), ("beta", "gamma")}
    assert sum(s.rows for s in board.superseded) == 8
    assert board.role("all backbones").entry is None
    assert board.role("all backbones").reason == "the subset of all 3 backbones was not measured"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"protocol_digest": "d0"}, "another definition of the protocol"),
        ({"source_md5": "1" * 32}, "other source images"),
    ],
)
def test_rows_measured_otherwise_are_superseded(searched, change, reason):
    searched.measure(("alpha",), (0.99, 0.99), (0.99, 0.99), day=-1, **change)
    board = only_board(searched)
    assert [(s.reason, s.rows) for s in board.superseded] == [(reason, 2)]
    assert board.measured == 7


def test_protocols_are_never_ranked_together(searched):
    searched.measure(("alpha",), (0.99, 0.99), (0.99, 0.99), protocol="biofuse-2026")
    found = boards(results.read(searched.root), {})
    assert [(board.protocol, board.measured) for board in found] == [("biofuse-2026", 1), ("starter", 7)]


def test_other_evaluations_and_fusions_are_not_on_the_board(searched):
    searched.measure(("alpha",), (0.99, 0.99), (0.99, 0.99), evaluation="late")
    searched.measure(("alpha",), (0.99, 0.99), (0.99, 0.99), fusion="attention")
    assert only_board(searched).measured == 7


def test_the_smallest_seed_is_shown_and_the_others_are_named(searched):
    searched.measure(("alpha",), (0.99, 0.99), (0.99, 0.99), seed=43)
    board = only_board(searched)
    assert (board.seed, board.other_seeds, board.measured) == (42, (43,), 7)


def test_a_missing_metric_keeps_its_reason_and_has_no_rank(searched):
    searched.measure(("delta",), (0.5, 0.5), (None, None))
    single = only_board(searched).singles[-1]
    assert (single.rank, single.entry.test.auc, single.entry.test.reason) == (None, None, "nobody knows")


def test_nan_is_missing_and_is_not_the_best(searched):
    searched.measure(("delta",), (math.nan, math.nan), (math.nan, math.nan))
    board = only_board(searched)
    assert board.role("chosen").entry.subset == ("alpha", "beta")
    assert board.singles[-1].entry.test.reason == "no reason was stored"


def test_a_board_without_a_choice_says_why(store):
    store.measure(("alpha",), (None, None), (0.5, 0.5))
    board = only_board(store)
    assert board.roles == ()
    assert "no subset has a acc on validation (nobody knows)" in board.no_choice


def test_multi_label_accuracy_has_no_binomial_interval(searched):
    assert only_board(searched).entries[0].test.acc_interval is not None
    assert only_board(searched, {"tiny": "multi-label, binary-class"}).entries[0].test.acc_interval is None
    assert only_board(searched, {}).entries[0].test.acc_interval is None


def test_the_correlation_is_spearmans(searched):
    scipy_stats = pytest.importorskip("scipy.stats")
    board = only_board(searched)
    pairs = [(entry.val.acc, entry.test.acc) for entry in board.entries]
    expected = scipy_stats.spearmanr(*zip(*pairs, strict=True)).statistic
    assert board.correlation.acc == pytest.approx(expected, abs=1e-12)


def test_two_subsets_are_too_few_for_a_correlation(store):
    store.search({("a",): ((0.9, 0.9), (0.9, 0.9)), ("b",): ((0.8, 0.8), (0.8, 0.8))})
    correlation = only_board(store).correlation
    assert (correlation.acc, correlation.auc) == (None, None)
    assert correlation.reason


def test_rows_that_are_each_their_own_definition_supersede_nobody(store):
    for evaluation in ("probe", "tuning", "tuned"):
        for day, digest in enumerate(("d1", "d2")):
            store.measure(("alpha",), (0.8, 0.7), (0.8, 0.7), evaluation=evaluation, protocol_digest=digest, day=day)
    marked = mark(results.read(store.root))
    old = marked.filter(marked["superseded"].is_not_null())
    assert set(old["evaluation"]) == {"tuned"}
    assert set(old["protocol_digest"]) == {"d1"}
