"""The published search of 2024 is re-read here: what its selection found, and what the selection hides."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True)
class ReportedSearch:
    """It is one dataset of the 255 published subsets. It is not a measurement of ours, and never ranked with one."""

    dataset: str
    chosen: Row
    """Highest validation accuracy; ties go to the first row of the published file, another rule gives other figures."""
    all_backbones: Row
    best_single: Row
    """The single with the highest validation accuracy, by the same rule."""
    best_test_acc: Row
    """Highest test accuracy: nobody can choose it."""
    best_test_auc: Row
    """Likewise the highest test AUC."""
    ties: int
    """Subsets that share the best validation accuracy at the three published decimals."""


def summarise(rows: Sequence[Row]) -> list[ReportedSearch]:
    """Return one summary per dataset, by name, from the rows of `biofuse_2024_subsets.csv` in their order."""
    found = []
    for dataset in sorted({row["dataset"] for row in rows}):
        own = [row for row in rows if row["dataset"] == dataset]
        chosen = max(own, key=lambda row: row["val_acc"])  # max keeps the first of equals
        found.append(
            ReportedSearch(
                dataset=dataset,
                chosen=chosen,
                all_backbones=max(own, key=_backbones),
                best_single=max((row for row in own if _backbones(row) == 1), key=lambda row: row["val_acc"]),
                best_test_acc=max(own, key=lambda row: row["test_acc"]),
                best_test_auc=max(own, key=lambda row: row["test_auc"]),
                ties=sum(row["val_acc"] == chosen["val_acc"] for row in own),
            )
        )
    return found


def _backbones(row: Row) -> int:
    return len(row["subset"].split("+"))
