"""Groups show what subsets score on the sites, scanners or sexes of a dataset."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from fuseboard.leaderboard.boards.snapshot import Snapshot
from fuseboard.store.results.evaluations import GROUPS
from fuseboard.store.results.group_rows import ColumnScores, GroupScore, column_scores
from fuseboard.store.statistics.label_from_column import LabelFromColumn


@dataclass(frozen=True)
class GroupTable:
    """It holds the scores of one dataset by the groups of one column, under one protocol."""

    dataset: str
    protocol: str
    column: str
    scores: Sequence[ColumnScores]
    """Of every subset, the one with the best worst group first."""
    label_alone: LabelFromColumn

    @property
    def groups(self) -> Sequence[GroupScore]:
        """Return the groups, whose images are the same for every subset."""
        return self.scores[0].groups


def group_tables(snapshot: Snapshot) -> tuple[GroupTable, ...]:
    """Return the columns by which a dataset was measured, in the order of datasets."""
    rows = snapshot.rows.filter(pl.col("evaluation") == GROUPS.name)
    found: dict[tuple[str, str, str], list[ColumnScores]] = {}
    for one in column_scores(rows):
        found.setdefault((one.dataset, one.protocol, one.column), []).append(one)
    datasets = snapshot.domains.in_order(rows["dataset"].unique().to_list())
    ordered = sorted(found, key=lambda key: (datasets.index(key[0]), key))
    return tuple(GroupTable(*key, _sorted(found[key]), found[key][0].label_alone) for key in ordered)


def is_measured(snapshot: Snapshot) -> bool:
    """Tell whether there is any such row."""
    return bool((snapshot.rows["evaluation"] == GROUPS.name).any())


def _sorted(scores: Sequence[ColumnScores]) -> list[ColumnScores]:
    def order(one: ColumnScores) -> tuple[float, tuple[str, ...]]:
        value = one.worst.auc.value if one.worst else None
        return (1.0 if value is None else -value), one.subset

    return sorted(scores, key=order)
