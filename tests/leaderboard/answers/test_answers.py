"""Answers: every branch of every sentence, held against the rows that it is said of."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from fuseboard.leaderboard.answers.answer import Fused, answer
from fuseboard.leaderboard.answers.choices import NONE, dataset_choices, every_limit
from fuseboard.leaderboard.answers.fusion_verdict import FusionVerdict
from fuseboard.leaderboard.answers.needs import COMMERCIAL, UNGATED, Limits, Needs
from fuseboard.leaderboard.answers.sentences import fusing, sentences
from fuseboard.leaderboard.boards.snapshot import take
from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.context.providers import no_providers
from fuseboard.leaderboard.output import plain
from fuseboard.leaderboard.rankings.table import Score
from fuseboard.leaderboard.rows.domains import Domains
from fuseboard.store.statistics.bootstrap import bootstrap
from fuseboard.store.statistics.estimates import Difference
from tests.leaderboard.predicted import TASK, keep

DOMAINS = Domains()
LABELS = np.arange(300, dtype=np.uint16) % 3
SMALL, LARGE = Needs(1_000_000, 1.0, True, False), Needs(None, 9.0, False, True)


def knowing(signal, seed):
    """(N, C) probabilities that know as much of the labels as `signal` says."""
    random = np.random.default_rng(seed)
    scores = random.dirichlet(np.ones(3), len(LABELS)) + signal * np.eye(3)[LABELS]
    return (scores / scores.sum(axis=1, keepdims=True)).astype(np.float32)


def board_of(store, signals):
    """The board of one search; `signals` maps subset -> (signal, score on validation)."""
    for number, (subset, (signal, val)) in enumerate(signals.items()):
        keep(store, subset, knowing(signal, number), LABELS, val=val)
    store.embed("alpha", labels=LABELS)
    found = take(store.opened)
    (board,) = found.boards
    return board, found.board_uncertainties[board.dataset, board.protocol]


def told(store, signals, needs=None):
    board, uncertainty = board_of(store, signals)
    names = {name for subset in signals for name in subset}
    return answer(board, uncertainty, needs or {}, names, DOMAINS)


def macro_auc(scores):
    return np.mean([roc_auc_score(c == LABELS, scores[:, c]) for c in range(3)])


def test_the_best_backbone_its_interval_and_the_gain_are_those_of_the_rows(store):
    signals = {("alpha",): (0.2, 0.9), ("beta",): (0.3, 0.8), ("alpha", "beta"): (0.9, 0.95)}
    found = told(store, signals)
    scores = {subset: knowing(signal, n) for n, (subset, (signal, _)) in enumerate(signals.items())}
    assert [name for name, _ in found.singles] == ["beta", "alpha"]
    assert found.best[1].auc == pytest.approx(macro_auc(scores["beta",]))
    drawn = bootstrap(TASK, LABELS, {"+".join(subset): own for subset, own in scores.items()})
    gaps = drawn["alpha+beta"].auc.resampled - drawn["alpha"].auc.resampled  # validation prefers alpha alone
    assert found.fused.single == "alpha"
    assert (found.fused.gain.low, found.fused.gain.high) == pytest.approx(tuple(np.quantile(gaps, [0.025, 0.975])))
    assert found.fused.outcome == "helps"
    assert plain.score(macro_auc(scores["alpha", "beta"])) in " ".join(sentences(found))


@pytest.mark.parametrize(
    ("alone", "together", "outcome"), [(0.2, 1.0, "helps"), (1.0, 0.1, "hurts"), (0.4, 0.4, "open")]
)
def test_what_fusing_does_is_read_from_the_paired_interval(store, alone, together, outcome):
    found = told(store, {("alpha",): (alone, 0.8), ("beta",): (0.1, 0.7), ("alpha", "beta"): (together, 0.9)})
    assert found.fused.outcome == outcome
    text = fusing(found.fused)
    assert {"helps": "So fusing helps.", "hurts": "So fusing hurts.", "open": "cannot be told."}[outcome] in text
    assert plain.points(found.fused.gain.value) in text


def test_a_choice_of_one_backbone_is_no_fusion(store):
    found = told(store, {("alpha",): (0.5, 0.9), ("beta",): (0.4, 0.7), ("alpha", "beta"): (0.9, 0.8)})
    assert found.fused.outcome == "single"
    assert fusing(found.fused) == "Fusing is not worth it: of all subsets validation chooses alpha alone."


def test_without_predictions_nothing_is_tied_and_the_gain_has_no_interval(searched):
    snapshot = take(searched.opened)
    (board,) = snapshot.boards
    found = answer(board, snapshot.board_uncertainties["tiny", "starter"], {}, ("alpha", "beta", "gamma"), DOMAINS)
    assert (found.tied, found.cheapest, found.fused.outcome) == ((), None, "unknown")
    first, last = sentences(found)
    assert first.endswith("no interval says which others are as good.")
    assert last.endswith("no interval was measured.")


def test_those_as_good_are_named_and_the_cheapest_of_them(store):
    needs = {"alpha": SMALL, "beta": replace(SMALL, parameters=22_056_192), "gamma": SMALL}
    found = told(store, {("alpha",): (0.40, 0.7), ("beta",): (0.42, 0.8), ("gamma",): (0.0, 0.5)}, needs)
    assert set(found.tied) == {"alpha", "beta"}
    name = found.best[0]
    (other,) = set(found.tied) - {name}
    first, second, _ = sentences(found)
    assert f"{other} cannot be told from it on 300 test images." in first
    assert second == "The cheapest of these 2 is alpha, with 1 M parameters."


def test_nothing_is_called_cheapest_where_one_does_not_say_its_size(store):
    found = told(store, {("alpha",): (0.4, 0.7), ("beta",): (0.42, 0.8)}, {"alpha": SMALL, "beta": LARGE})
    assert len(found.tied) == 2
    assert found.cheapest is None


def test_one_that_is_better_than_all_stands_alone(store):
    found = told(store, {("alpha",): (1.0, 0.7), ("beta",): (0.05, 0.8)})
    assert found.tied == ("alpha",)
    assert next(sentences(found)).endswith("every other backbone is worse beyond chance.")


def test_a_single_measured_backbone_is_said_to_be_the_only_one(store):
    assert "the only backbone" in next(sentences(told(store, {("alpha",): (0.5, 0.7)})))


def test_untrained_copies_are_no_answer(store):
    board, uncertainty = board_of(store, {("alpha",): (0.2, 0.5), ("alpha.random",): (0.9, 0.9)})
    found = answer(board, uncertainty, {}, ("alpha", "alpha.random"), DOMAINS)
    assert [name for name, _ in found.singles] == ["alpha"]
    assert answer(board, uncertainty, {}, ("alpha.random",), DOMAINS) is None


def test_limits_leave_out_what_is_too_large_gated_or_not_known(store):
    assert SMALL.within(Limits(2, COMMERCIAL))
    assert not LARGE.within(Limits(8))
    assert not LARGE.within(Limits(None, COMMERCIAL))
    assert not LARGE.within(Limits(None, UNGATED))
    assert LARGE.within(Limits())
    assert not replace(SMALL, memory_gb=None).within(Limits(24))
    assert not replace(SMALL, gated=None).within(Limits(None, UNGATED))


def test_every_limit_leads_to_one_answer(store):
    signals = {("alpha",): (0.3, 0.7), ("beta",): (0.9, 0.8), ("alpha", "beta"): (0.9, 0.9)}
    board, uncertainty = board_of(store, signals)
    found = dataset_choices(board, uncertainty, {"alpha": SMALL, "beta": LARGE}, None, DOMAINS)
    answers = {limits: one.sentences for one in found.choices for limits in one.limits}
    assert sorted(answers, key=repr) == sorted(every_limit(), key=repr)
    assert answers[Limits()][0].startswith("beta scores best")
    assert answers[Limits(8)][0].startswith("alpha scores")
    assert answers[Limits(16)] == answers[Limits()]
    neither = dataset_choices(board, uncertainty, {}, None, DOMAINS)
    assert {one.sentences for one in neither.choices[1:]} == {(NONE,)}


def fused(outcome):
    score = Score("d", 0.9, None, None, None, None, None, None, ("a", "b"))
    low, high = {"helps": (0.01, 0.02), "hurts": (-0.02, -0.01), "open": (-0.01, 0.01)}.get(outcome, (None, None))
    subset = ("a",) if outcome == "single" else ("a", "b")
    return Fused(subset, score, "a", Difference(0.01, low, high, None))


def test_the_verdict_counts_each_dataset_once(store):
    one = told(store, {("alpha",): (0.5, 0.7)})
    outcomes = ["helps", "helps", "hurts", "open", "single", "unknown"]
    answers = tuple(replace(one, dataset=f"d{i}", fused=fused(outcome)) for i, outcome in enumerate(outcomes))
    found = FusionVerdict(answers)
    assert found.sentence == (
        "Fusing helps on 2 of 6 datasets (d0 and d1), hurts on 1 of 6 datasets (d2), cannot be told from the best "
        "single backbone on 1 of 6 datasets (d3), is not chosen on 1 of 6 datasets (d4) and was measured "
        "without an interval on 1 of 6 datasets (d5)."
    )
    assert FusionVerdict((replace(one, fused=fused("open")),)).sentence.startswith(
        "Fusing helps on no dataset, hurts on none"
    )
    assert FusionVerdict((replace(one, fused=None),)).sentence == ""


def test_of_several_sizes_home_answers_of_the_one_that_the_boards_count(store):
    for name in ("alpha", "beta"):
        store.measure((name,), (0.7, 0.7), (0.8, 0.7), dataset="breastmnist-28")
    store.measure(("alpha",), (0.7, 0.7), (0.9, 0.7), dataset="breastmnist-64")
    site = SiteContext(take(store.opened), (), no_providers(), "https://example.org/")
    assert site.answers.distinct == site.singles[0].counted == ("breastmnist-28",)
    store.measure(("beta",), (0.7, 0.7), (0.9, 0.7), dataset="breastmnist-64")
    site = SiteContext(take(store.opened), (), no_providers(), "https://example.org/")
    assert site.answers.distinct == site.singles[0].counted == ("breastmnist-64",)
