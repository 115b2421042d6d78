"""Rules judged with each dataset left out: by an independent reading of the published file, and on made tables."""

import csv
from collections import defaultdict
from statistics import fmean

import numpy as np
import pytest

from fuseboard.leaderboard.published.tables import path_of
from fuseboard.leaderboard.recommending.recommendation import recommend
from fuseboard.leaderboard.recommending.rules import About, rules
from fuseboard.leaderboard.recommending.score_table import KINDS, SAME_SCANS, TRAINING_IMAGES, ScoreTable, published

ORGANS = SAME_SCANS


@pytest.fixture(scope="module")
def table() -> ScoreTable:
    return published()


def scores_of_the_file() -> dict[str, dict[str, dict[str, float]]]:
    found: dict[str, dict[str, dict[str, float]]] = defaultdict(dict)
    with path_of("biofuse_2024_subsets.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            numbers = {name: float(row[name]) for name in ("val_acc", "test_acc", "test_auc")}
            found[row["dataset"]]["+".join(sorted(row["subset"].split("+")))] = numbers
    return found


def mean_rank(datasets: list[dict[str, dict[str, float]]]) -> str:
    """The subset with the best mean rank, by counting who is better and who is equal."""
    totals: dict[str, float] = defaultdict(float)
    for scores in datasets:
        values = sorted((own["test_auc"] for own in scores.values()), reverse=True)
        for subset, own in scores.items():
            totals[subset] += values.index(own["test_auc"]) + (values.count(own["test_auc"]) - 1) / 2
    return min(totals, key=lambda subset: (round(totals[subset], 9), subset.count("+")))


def test_the_regrets_are_those_of_an_independent_reading_of_the_file(table: ScoreTable) -> None:
    file = scores_of_the_file()
    everything = max(next(iter(file.values())), key=lambda subset: subset.count("+"))
    regrets, single_gap, search_gap, by_rank = [], [], [], []
    for dataset, scores in file.items():
        best = max(own["test_auc"] for own in scores.values())
        own = scores[everything]["test_auc"]
        regrets.append(100 * (best - own))
        for gaps, among in ((search_gap, scores), (single_gap, {s: v for s, v in scores.items() if "+" not in s})):
            top = max(v["val_acc"] for v in among.values())
            gaps.append(100 * (own - fmean(v["test_auc"] for v in among.values() if v["val_acc"] == top)))
        related = ORGANS if dataset in ORGANS else {dataset}
        pick = mean_rank([others for name, others in file.items() if name not in related])
        by_rank.append(100 * (best - scores[pick]["test_auc"]))
    found = {rule.name: rule.row for rule in recommend(table, About()).rules}
    assert found["all backbones"]["auc_regret"] == pytest.approx(fmean(regrets), abs=0.0051)
    assert found["all backbones"]["auc_over_single"] == pytest.approx(fmean(single_gap), abs=0.0051)
    assert found["all backbones"]["auc_over_search"] == pytest.approx(fmean(search_gap), abs=0.0051)
    assert found["best mean rank"]["auc_regret"] == pytest.approx(fmean(by_rank), abs=0.0051)


def test_nothing_is_read_from_the_dataset_left_out_nor_from_slices_of_the_same_scans(table: ScoreTable) -> None:
    wrong = {metric: scores.copy() for metric, scores in table.test.items()}
    places = [table.datasets.index(name) for name in ORGANS]
    wrong["auc"][places] = np.random.default_rng(0).random((3, len(table.subsets)))
    spoilt = ScoreTable(table.datasets, table.subsets, table.val_acc, wrong)
    for about in (About(), About("radiology", 20_000)):
        for name, pick in rules(about).items():
            others = table.others("organcmnist")
            assert pick(table, others, about) == pick(spoilt, others, about), name
    assert len(table.others("organcmnist")) == 9
    assert len(table.others("a new one")) == 12


def test_what_is_recommended_has_the_least_regret_and_of_equals_the_simplest_rule(table: ScoreTable) -> None:
    found = recommend(table, About("microscopy", 1_000))
    regrets = [rule.mean_regret for rule in found.rules]
    assert regrets == sorted(regrets)
    alike = recommend(table.within({"biomedclip", "hibou-b"}), About())
    assert alike.rules[0].name == "all backbones"
    assert alike.subsets == 3


def test_a_rule_that_others_show_to_win_is_recommended() -> None:
    """`a` alone is best everywhere, and with `b` it is worse."""
    datasets = ("breastmnist", "chestmnist", "dermamnist", "pathmnist")
    auc = np.tile([0.9, 0.6, 0.8], (4, 1))
    made = ScoreTable(datasets, (("a",), ("b",), ("a", "b")), auc, {"auc": auc, "acc": auc})
    found = recommend(made, About())
    assert found.subset == ("a",)
    assert found.rules[0].name == "best mean rank"
    row = found.rules[0].row
    assert (row["auc_regret"], row["auc_over_search"], row["auc_over_all"], row["auc_over_single"]) == (0, 0, 10, 0)
    assert found.rules[-1].name == "all backbones"
    assert found.rules[-1].row["auc_regret"] == 10


def test_a_kind_and_a_size_are_looked_at_where_they_are_known(table: ScoreTable) -> None:
    assert set(KINDS) == set(TRAINING_IMAGES) == set(table.datasets)
    names = [rule.name for rule in recommend(table, About("radiology", 500)).rules]
    assert {"best mean rank on its kind", "best mean rank on its size"} <= set(names)
    assert not {"best mean rank on its kind", "best mean rank on its size"} & set(rules(About()))


def test_one_backbone_is_recommended_where_one_is_left(table: ScoreTable) -> None:
    found = recommend(table.within({"rad-dino"}), About())
    assert found.subset == ("rad-dino",)
    assert all(rule.mean_regret == 0 for rule in found.rules)
