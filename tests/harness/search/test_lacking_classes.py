"""Splits that lack a class: the choice is made where it can be made, the rest is empty with a reason, and what cannot
be chosen is refused before anything is fitted."""

from pathlib import Path

import numpy as np
import pytest

from fuseboard.harness import evaluations
from fuseboard.harness.evaluations.attention import ablation
from fuseboard.harness.protocols.protocol import CrossValidation, Protocol
from fuseboard.harness.search import search as engine
from fuseboard.harness.search import strategies
from fuseboard.harness.search.report import Chosen
from fuseboard.harness.search.search import Search
from fuseboard.harness.search.strategy_comparison import prices
from fuseboard.harness.submissions.ranking.standing import standing
from fuseboard.leaderboard.boards.build import boards
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.results import rows as results
from fuseboard.store.store import Store
from tests.harness.quick import QUICK
from tests.harness.synthetic import DATA, embed

WHOLE = np.arange(45) % 3
LACKING = np.arange(45) % 2
"""No image of class 2."""
SPLITS = {"train": WHOLE, "val": WHOLE, "test": WHOLE}
CHOOSING = ("singles", "soft-vote", "linear-probe", "knn", "attention-random", "attention-trained")


def by(metric: str, cv: CrossValidation | None = None) -> Protocol:
    selection = QUICK.selection.model_copy(update={"metric": metric, "cv": cv})
    return QUICK.model_copy(update={"name": "by-another", "selection": selection})


@pytest.fixture
def no_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("something was fitted")

    monkeypatch.setattr(engine.executor, "run", refuse)


@pytest.fixture
def lacking(tmp_path: Path) -> Store:
    """No test image is of class 2."""
    embed(tmp_path, {**SPLITS, "test": LACKING})
    return Store(tmp_path)


@pytest.mark.parametrize("name", list(strategies.STRATEGIES))
def test_every_strategy_chooses_on_validation_where_test_lacks_a_class(name: str, lacking: Store) -> None:
    search = Search(lacking, DATA, by("auc"))
    choice = search.run(strategies.get(name))
    assert choice.oracle == ()
    assert "class 2" in str(choice.no_oracle)
    said = Chosen(choice, search.rows(sorted(choice.finalists)))
    assert [row["test_auc"] for row in said.table if row["role"] == "chosen"] == [None]
    assert all(row["test_acc"] is not None for row in said.table)
    assert any("no subset is best on test" in note and "class 2" in note for note in said.notes)


@pytest.mark.parametrize("name", CHOOSING)
def test_every_evaluation_does(name: str, lacking: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ablation, "WIDTHS", (8,))
    monkeypatch.setattr(ablation, "HEADS", (2, 4))
    report = evaluations.get(name)(Search(lacking, DATA, by("auc")))
    assert report.table[0]["role"] == "chosen"
    assert report.table[0]["test_auc"] is None
    assert any("class 2" in note for note in report.notes)


def test_tuning_does(lacking: Store) -> None:
    report = evaluations.get("tuned")(Search(lacking, DATA, by("auc")), trials=2)
    assert {row["mean"] for row in report.table if row["test"] == "auc"} == {None}
    assert all(row["mean"] is not None for row in report.table if row["test"] == "acc")
    assert any("class 2" in note for note in report.notes)


def test_the_comparison_of_strategies_does(lacking: Store) -> None:
    table = prices(Search(lacking, DATA, by("auc")), list(strategies.STRATEGIES))
    assert {row.test_auc for row in table} == {None}
    assert all(row.test_acc is not None and "class 2" in str(row.reason) for row in table)


def test_ranking_a_submission_does(lacking: Store, tmp_path: Path) -> None:
    own = Store(tmp_path / "submitted")
    (version,) = embed(own.root, {**SPLITS, "test": LACKING}, backbones=["c"])
    found = standing(lacking, DATA, version, by("auc"), "cpu")
    chosen = [one for one in found.comparisons if one.ties]
    assert [one.kind for one in chosen] == ["soft vote, chosen on validation", "joined features, chosen on validation"]
    assert all(one.auc.value is None and "class 2" in str(one.auc.reason) for one in found.comparisons)
    assert all(one.with_it.acc.value is not None for one in found.comparisons)


def test_a_board_shows_no_oracle_and_why(lacking: Store) -> None:
    rules = by("auc")
    Search(lacking, DATA, rules).run(strategies.get("exhaustive"))
    (board,) = boards(results.read(lacking.root), {DATA: "multi-class"})
    roles = {role.name: role for role in board.roles}
    assert board.no_choice is None
    assert roles["chosen"].entry is not None
    assert roles["best single"].entry is not None
    assert (roles["best test AUC"].entry, roles["best test AUC"].auc_minus_chosen) == (None, None)
    assert "class 2" in str(roles["best test AUC"].reason)
    assert roles["best test ACC"].entry is not None


@pytest.mark.usefixtures("no_fit")
@pytest.mark.parametrize("name", list(strategies.STRATEGIES))
@pytest.mark.parametrize("plan", [None, CrossValidation(folds=2, repeats=1)])
def test_what_has_no_auc_to_choose_by_is_refused_before_a_fit(
    name: str, plan: CrossValidation | None, tmp_path: Path
) -> None:
    absent = LACKING if plan else WHOLE
    embed(tmp_path, {"train": absent, "val": LACKING, "test": WHOLE})
    with pytest.raises(FuseboardError, match=r"class 2|votes have none") as refused:
        Search(Store(tmp_path), DATA, by("auc", plan)).run(strategies.get(name))
    assert "by-another" in str(refused.value)
    assert results.read(tmp_path).is_empty()


@pytest.mark.usefixtures("no_fit")
def test_a_fold_that_lacks_a_label_is_refused_before_a_fit(tmp_path: Path) -> None:
    labels = np.zeros((30, 2), int)
    labels[::2, 0] = 1
    labels[3, 1] = 1  # a single image has the second label, so one of two folds lacks it
    embed(tmp_path, dict.fromkeys(SPLITS, labels * 1) | {"val": labels * [1, 0]}, "multi-label, binary-class", 2)
    search = Search(Store(tmp_path), DATA, by("auc", CrossValidation(folds=2, repeats=1)))
    with pytest.raises(FuseboardError, match=r"fold 1.*label 1|fold 2.*label 1"):
        search.run(strategies.get("exhaustive"))
    assert results.read(tmp_path).is_empty()


def test_cross_validation_needs_no_class_in_validation(tmp_path: Path) -> None:
    embed(tmp_path, {**SPLITS, "val": LACKING})
    search = Search(Store(tmp_path), DATA, by("auc", CrossValidation(folds=3, repeats=1)))
    choice = search.run(strategies.get("exhaustive"))
    assert choice.oracle
    assert search.rows([choice.chosen]).filter(split="cv")["auc"].item() is not None


@pytest.mark.usefixtures("no_fit")
@pytest.mark.parametrize("name", ["late", "ensemble"])
def test_votes_by_cross_validation_are_refused_before_a_fit(name: str, tmp_path: Path) -> None:
    embed(tmp_path, SPLITS)
    with pytest.raises(UsageError, match="soft votes have none"):
        Search(Store(tmp_path), DATA, by("acc", CrossValidation(folds=2, repeats=1))).run(strategies.get(name))


def test_the_comparison_of_strategies_leaves_them_empty(tmp_path: Path) -> None:
    embed(tmp_path, SPLITS)
    search = Search(Store(tmp_path), DATA, by("acc", CrossValidation(folds=2, repeats=1)))
    found = {row.strategy: row for row in prices(search, list(strategies.STRATEGIES))}
    for name, row in found.items():
        is_vote = name in ("late", "ensemble")
        assert (row.subset is None, row.test_acc is None, row.reason is not None) == (is_vote,) * 3, name


def test_tuning_by_cross_validation_needs_no_two_classes_in_validation(tmp_path: Path) -> None:
    embed(tmp_path, {**SPLITS, "val": np.zeros(9, int)})
    search = Search(Store(tmp_path), DATA, by("acc", CrossValidation(folds=2, repeats=1)))
    assert evaluations.get("tuned")(search, trials=2).table


@pytest.mark.usefixtures("no_fit")
def test_tuning_that_validation_cannot_judge_is_refused_before_a_fit(tmp_path: Path) -> None:
    embed(tmp_path, {**SPLITS, "val": np.zeros(9, int)})
    with pytest.raises(FuseboardError, match="all 9 validation images are of class 0"):
        evaluations.get("tuned")(Search(Store(tmp_path), DATA, by("acc")), trials=2)
