"""Columns of a wide table are folded by modality: of several datasets of one modality their mean stands first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

MAX_COLUMNS = 6
"""Datasets beyond which a table is folded."""


@dataclass(frozen=True)
class ColumnGroup:
    """It is the columns of one modality."""

    title: str
    datasets: tuple[str, ...]
    averaged: tuple[str, ...]
    """Datasets whose mean stands in a column of its own; none where one dataset speaks for the modality."""
    folded: tuple[str, ...]
    """Datasets whose columns are hidden until somebody wants them."""

    @property
    def span(self) -> int:
        """Return how many columns it has."""
        return len(self.datasets) + bool(self.averaged)

    def mean(self, aucs: Mapping[str, float | None]) -> float | None:
        """Return the mean of the datasets that are averaged; None where one of them is missing."""
        found = [auc for dataset in self.averaged if (auc := aucs[dataset]) is not None]
        return fmean(found) if found and len(found) == len(self.averaged) else None


def column_groups(groups: Sequence[tuple[str, tuple[str, ...]]], counted: Sequence[str]) -> tuple[ColumnGroup, ...]:
    """Fold the columns of a table that has many; of few all are shown.

    Args:
        groups: modality and its datasets, in order.
        counted: datasets that count in the means of the table; of the others none is in a mean here.
    """
    wide = sum(len(own) for _, own in groups) > MAX_COLUMNS
    found = []
    for title, own in groups:
        shared = tuple(dataset for dataset in own if dataset in counted)
        if not wide or len(own) == 1:
            found.append(ColumnGroup(title, own, (), ()))
        elif len(shared) > 1:
            found.append(ColumnGroup(title, own, shared, own))
        else:
            speaks = shared[0] if shared else own[0]
            found.append(ColumnGroup(title, own, (), tuple(dataset for dataset in own if dataset != speaks)))
    return tuple(found)
