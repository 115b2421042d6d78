"""The recommended classifier: by mean rank, judged on images that did not choose it."""

import pytest

from fuseboard.leaderboard.rankings.classifiers import Cell, ClassifierRow, DatasetClassifiers
from fuseboard.leaderboard.recommending.classifier import classifier


def table(dataset: str, **aucs: float) -> DatasetClassifiers:
    rows = [
        ClassifierRow(title, "p", 1, {"all backbones": Cell(("a", "b"), auc, auc, "key", None)}, {})
        for title, auc in aucs.items()
    ]
    return DatasetClassifiers(dataset, ("a", "b"), tuple(rows), ())


def test_the_best_mean_rank_is_taken_and_two_sizes_of_the_same_images_are_left_out_together() -> None:
    found = classifier(
        [
            table("breastmnist-28", trees=0.8, ridge=0.9),
            table("breastmnist-64", trees=0.8, ridge=0.9, knn=0.99),
            table("chestmnist", trees=0.9, ridge=0.7),
        ]
    )
    assert found is not None
    assert found.title == "ridge"
    assert found.regrets == pytest.approx({"ridge": 20 / 3, "trees": 20 / 3})
    assert found.left_out_regret == pytest.approx((10 + 10 + 20) / 3)
    assert (found.sources, len(found.datasets)) == (2, 3)


def test_nothing_is_said_of_one_source_or_one_classifier() -> None:
    assert classifier([]) is None
    assert classifier([table("breastmnist-28", a=0.8, b=0.9), table("breastmnist-64", a=0.8, b=0.9)]) is None
    assert classifier([table("breastmnist", a=0.8), table("chestmnist", a=0.8)]) is None
