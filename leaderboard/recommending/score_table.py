"""The scores of every subset on every published dataset, which recommendations are drawn from and judged by."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fuseboard.leaderboard.published.tables import load
from fuseboard.leaderboard.published.verdicts.model_names import backbones

Subset = tuple[str, ...]
METRICS = ("auc", "acc")

KINDS: Mapping[str, str] = {
    "bloodmnist": "microscopy",
    "pathmnist": "microscopy",
    "tissuemnist": "microscopy",
    "dermamnist": "photographs",
    "retinamnist": "photographs",
    "breastmnist": "radiology",
    "chestmnist": "radiology",
    "octmnist": "radiology",
    "organamnist": "radiology",
    "organcmnist": "radiology",
    "organsmnist": "radiology",
    "pneumoniamnist": "radiology",
}
"""Dataset -> kind of its images: coarser than the modality of the boards, of most of which there is one dataset."""
TRAINING_IMAGES: Mapping[str, int] = {
    "bloodmnist": 11_959,
    "breastmnist": 546,
    "chestmnist": 78_468,
    "dermamnist": 7_007,
    "octmnist": 97_477,
    "organamnist": 34_561,
    "organcmnist": 12_975,
    "organsmnist": 13_932,
    "pathmnist": 89_996,
    "pneumoniamnist": 4_708,
    "retinamnist": 1_080,
    "tissuemnist": 165_466,
}
"""Dataset -> images of its training split (Yang et al., Sci Data 10, 41, 2023, table 1)."""
SAME_SCANS = frozenset({"organamnist", "organcmnist", "organsmnist"})
"""Slices of the same scans in three directions: none of them is new to one who has seen the others."""


@dataclass(frozen=True)
class ScoreTable:
    """Validation accuracy, by which a search chooses, and test scores: D datasets, S subsets, smaller ones first."""

    datasets: tuple[str, ...]
    subsets: tuple[Subset, ...]
    val_acc: NDArray[np.float64]
    """(D, S)."""
    test: Mapping[str, NDArray[np.float64]]
    """Metric -> (D, S)."""

    @cached_property
    def ranks(self) -> NDArray[np.float64]:
        """(D, S) ranks by test AUC, 1 the best; equals share the mean of theirs."""
        return np.stack([pl.Series(row).rank("average", descending=True).to_numpy() for row in self.test["auc"]])

    @property
    def everything(self) -> int:
        """The place of the subset of all backbones."""
        return len(self.subsets) - 1

    @property
    def singles(self) -> NDArray[np.int64]:
        """The places of the single backbones."""
        return self.of_at_most(1)

    def of_at_most(self, backbones: int) -> NDArray[np.int64]:
        """Return the places of the subsets of so many backbones or fewer."""
        return np.flatnonzero([len(subset) <= backbones for subset in self.subsets])

    def others(self, dataset: str) -> NDArray[np.int64]:
        """Return the places of the datasets that count as others: not itself, nor what was cut of its scans."""
        related = SAME_SCANS if dataset in SAME_SCANS else {dataset}
        return np.flatnonzero([name not in related for name in self.datasets])

    def within(self, backbones: Collection[str]) -> "ScoreTable":
        """Return the subsets of some backbones alone."""
        kept = [place for place, subset in enumerate(self.subsets) if set(subset) <= set(backbones)]
        return ScoreTable(
            datasets=self.datasets,
            subsets=tuple(self.subsets[place] for place in kept),
            val_acc=self.val_acc[:, kept],
            test={metric: scores[:, kept] for metric, scores in self.test.items()},
        )


def published() -> ScoreTable:
    """Return the searches of 2024: 255 subsets of eight backbones on twelve datasets, by XGBoost.

    Backbones have the names of the cards with the same weights: what was published as Prov-GigaPath is dinov2-giant.
    """
    rows = load("biofuse_2024_subsets.csv")
    named = [(row["dataset"], backbones(tuple(row["subset"].split("+"))), row) for row in rows]
    datasets = tuple(sorted({dataset for dataset, _, _ in named}))
    subsets = tuple(sorted({subset for _, subset, _ in named}, key=lambda subset: (len(subset), subset)))
    row_of, column_of = ({key: place for place, key in enumerate(keys)} for keys in (datasets, subsets))
    columns = {name: np.full((len(datasets), len(subsets)), np.nan) for name in ("val_acc", "test_auc", "test_acc")}
    for dataset, subset, row in named:
        for name, scores in columns.items():
            scores[row_of[dataset], column_of[subset]] = row[name]
    test = {metric: columns[f"test_{metric}"] for metric in METRICS}
    return ScoreTable(datasets, subsets, columns["val_acc"], test)
