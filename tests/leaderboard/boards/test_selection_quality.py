"""What a choice is worth, and what each backbone brings, on a board and on its page."""

import re
from itertools import permutations

import numpy as np
import pytest

from fuseboard.leaderboard.boards.snapshot import take
from fuseboard.leaderboard.output import plain
from fuseboard.leaderboard.site.build import build
from fuseboard.store.results import rows as results
from fuseboard.store.results.selection_stability import rechoose

NAMES = ("alpha", "beta", "gamma")
SUBSETS = [("alpha",), ("beta",), ("gamma",), ("alpha", "beta"), ("alpha", "gamma"), ("beta", "gamma"), NAMES]
IMAGES = 40


@pytest.fixture
def answered(store):
    """All seven subsets with their answers per image; the metrics on test are drawn, too."""
    for name in NAMES:
        store.embed(name)
    random = np.random.default_rng(0)
    for subset in SUBSETS:
        right = (random.random(IMAGES) < 0.6 + 0.1 * len(subset)).astype(int)
        auc, acc = random.uniform(0.6, 0.9, 2)
        for split, score in (("val", (0.7, right.mean())), ("test", (auc, acc))):
            store.keep(subset, split, *score, right=right.tolist() if split == "val" else None, rows=IMAGES)
    return store


def test_the_selection_quality_of_a_board_is_the_choice_made_again(answered):
    (board,) = take(answered.opened).boards
    winner = rechoose(results.read(answered.root))
    assert board.no_selection_quality is None
    assert board.role("chosen").entry.subset == winner.chosen
    assert (board.selection_quality.validation_score, board.selection_quality.corrected_score) == (
        winner.validation_score,
        winner.corrected_score,
    )
    assert board.selection_quality.validation_score > board.selection_quality.corrected_score
    assert board.selection_quality.chosen_again == winner.subsets[winner.chosen]
    assert dict(board.selection_quality.backbones) == winner.backbones
    assert board.selection_quality.winners == len(winner.subsets)


def test_contributions_are_averages_over_all_orders_of_joining(answered):
    (board,) = take(answered.opened).boards
    test = {tuple(r["subset"]): r for r in results.read(answered.root).to_dicts() if r["split"] == "test"}
    # Twelve images of three classes in turn: the most frequent answer is right on a third of them.
    for metric, guess in (("auc", 0.5), ("acc", 4 / 12)):
        value = {subset: row[metric] for subset, row in test.items()} | {(): guess}
        gains = {name: [] for name in NAMES}
        for order in permutations(NAMES):
            for place, name in enumerate(order):
                before, after = (tuple(sorted(order[:end])) for end in (place, place + 1))
                gains[name].append(value[after] - value[before])
        for one in board.contributions:
            assert getattr(one, metric) == pytest.approx(np.mean(gains[one.backbone]))
    assert [one.auc for one in board.contributions] == sorted((one.auc for one in board.contributions), reverse=True)


def test_the_page_says_both(answered, tmp_path):
    build(answered.opened, tmp_path / "site")
    page = (tmp_path / "site" / "datasets/tiny.html").read_text()
    text = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    (board,) = take(answered.opened).boards
    assert f"is expected to reach {plain.score(board.selection_quality.corrected_score)}" in text
    assert f"{board.selection_quality.winners} different subsets win" in text
    assert f"{board.contributions[0].backbone} {plain.points(board.contributions[0].auc)}" in text


def test_why_it_is_not_known(searched, tmp_path):
    (board,) = take(searched.opened).boards
    assert board.selection_quality is None
    assert "7 of 7 subsets have no answers on validation" in board.no_selection_quality
    assert board.contributions
    searched.embed("delta")
    searched.measure(("delta",), (0.5, 0.5), (0.5, 0.5))
    searched.measure(("alpha", "delta"), (0.5, 0.5), (0.5, 0.5))
    (board,) = take(searched.opened).boards
    assert board.no_selection_quality.startswith("only 9 of 15 subsets were measured")
    assert "6 have no value" in board.no_contributions
    build(searched.opened, tmp_path / "site")
    assert "Not known: only 9 of 15" in (tmp_path / "site" / "datasets/tiny.html").read_text()


def test_without_labels_there_is_no_contribution_to_accuracy(store):
    store.search({("alpha",): ((0.8, 0.7), (0.8, 0.7))})
    (board,) = take(store.opened).boards
    assert [(one.backbone, one.acc) for one in board.contributions] == [("alpha", None)]
    assert board.contributions[0].auc == pytest.approx(0.3)
