"""Columns folded by modality: of few datasets all stand, of many those that speak for their modality."""

from types import SimpleNamespace

from fuseboard.leaderboard.rankings.column_groups import column_groups
from fuseboard.leaderboard.rankings.table import RankingTable
from fuseboard.store.statistics.estimates import Difference

EYE = ("Fundus camera", ("retinamnist",))
BREAST = ("Breast ultrasound", ("breastmnist-28", "breastmnist-64"))
CT = ("Abdominal CT", ("organamnist", "organcmnist", "organsmnist", "organ-else"))
COUNTED = ("retinamnist", "breastmnist-64", "organamnist", "organcmnist", "organsmnist")


def test_few_columns_all_stand():
    found = column_groups([EYE, BREAST], COUNTED)
    assert [(one.averaged, one.folded, one.span) for one in found] == [((), (), 1), ((), (), 2)]


def test_many_are_folded_and_what_does_not_count_is_in_no_mean():
    eye, breast, ct = column_groups([EYE, BREAST, CT], COUNTED)
    assert (eye.averaged, eye.folded) == ((), ())
    assert (breast.averaged, breast.folded) == ((), ("breastmnist-28",)), "the size that counts speaks for it"
    assert (ct.averaged, ct.folded, ct.span) == (COUNTED[2:], CT[1], 5)
    aucs = dict.fromkeys(CT[1], 0.5) | {"organamnist": 0.8, "organ-else": 0.1}
    assert ct.mean(aucs) == 0.6
    assert ct.mean(aucs | {"organsmnist": None}) is None
    assert breast.mean(aucs) is None


def test_where_none_counts_one_still_stands():
    _, breast, _ = column_groups([EYE, BREAST, CT], ())
    assert breast.folded == ("breastmnist-64",)


def test_the_mean_of_a_modality_is_of_auc_of_acc_and_of_differences():
    datasets = (*EYE[1], *BREAST[1], *CT[1])
    gaps = dict(zip(datasets, (0.5, 0.5, 0.5, 0.01, 0.02, 0.03, 0.5), strict=True))
    scores = {
        dataset: SimpleNamespace(auc=gap, acc=1 - gap, difference=Difference(gap, None, None, None))
        for dataset, gap in gaps.items()
    }
    modalities = {dataset: title for title, own in (EYE, BREAST, CT) for dataset in own}
    table = RankingTable("p", datasets, COUNTED, {}, (), None, None, {}, modalities)
    (ct,) = [group for group in table.column_groups if group.averaged]
    row = SimpleNamespace(scores=scores)
    assert round(table.modality_mean(ct, row), 9) == 0.02
    assert round(table.modality_mean(ct, row, "acc"), 9) == 0.98
    assert round(table.modality_difference(ct, row), 9) == 0.02
    scores["organcmnist"] = SimpleNamespace(difference=None)
    assert table.modality_difference(ct, row) is None
