"""Classifiers side by side: whether a conclusion about backbones depends on what is fitted to their embeddings."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import polars as pl

from fuseboard.leaderboard.boards.board import Subset
from fuseboard.leaderboard.rows.domains import Domains
from fuseboard.store.errors import FuseboardError
from fuseboard.store.results.evaluations import FUSION, KNN, LATE, LINEAR_PROBE
from fuseboard.store.results.rank_correlation import correlation
from fuseboard.store.results.selection import SCORE, Criterion, choose
from fuseboard.store.statistics.ties import level

TITLES = {"xgboost": "trees", "ridge": "ridge", "linear-probe": "linear probe", "logistic": "logistic", "knn": "kNN"}
"""Name of a classifier as rows have it -> as people say it."""
VOTE = "vote of "
LEAST = 5
"""Subsets that two classifiers must both have measured for a rank correlation."""
ROLES = ("chosen", "all backbones", "best single")


@dataclass(frozen=True)
class Cell:
    """It is the test score of one subset under a classifier."""

    subset: Subset
    auc: float | None
    acc: float | None
    key: str
    reason: str | None


@dataclass(frozen=True)
class ClassifierRow:
    """It holds what one classifier says of a dataset."""

    title: str
    protocol: str
    subsets: int
    """Measured."""
    cells: Mapping[str, Cell | None]
    """Role -> its score; None where no such subset was measured."""
    scores: Mapping[Subset, float]
    """Test AUC of every subset."""

    @property
    def order(self) -> tuple[float, str]:
        """Return what rows are sorted by: the highest AUC of all backbones first."""
        cell = self.cells["all backbones"]
        return (-cell.auc if cell and cell.auc is not None else 1.0, self.title)


@dataclass(frozen=True)
class Agreement:
    """It is Spearman's rank correlation of two classifiers' test AUCs over the subsets that both measured."""

    one: str
    other: str
    subsets: int
    rho: float | None
    """None where one of the two gives all the same AUC."""


@dataclass(frozen=True)
class DatasetClassifiers:
    """It holds the classifiers of one dataset."""

    dataset: str
    pool: Subset
    """What "all backbones" are: the largest of the subsets that the most classifiers measured."""
    rows: tuple[ClassifierRow, ...]
    agreements: tuple[Agreement, ...]

    @property
    def best(self) -> tuple[str, ...]:
        """Return the titles of the classifiers with the highest AUC for all backbones."""
        found = {row.title: cell.auc for row in self.rows if (cell := row.cells["all backbones"]) and cell.auc}
        levelled = dict(zip(found, level(list(found.values())), strict=True))
        top = max((auc for auc in levelled.values() if auc is not None), default=None)
        return tuple(title for title, auc in levelled.items() if auc == top)


def classifier_tables(marked: pl.DataFrame, domains: Domains) -> tuple[DatasetClassifiers, ...]:
    """Return the datasets on which more than one classifier was measured, in the order of columns.

    An evaluation that tries many settings stands with the setting that validation prefers for each subset. Every
    classifier chooses among the subsets that it measured, by the rule of its own protocol.

    Args:
        marked: result rows with the column `superseded`.
        domains: of the store.
    """
    names = (FUSION.name, LINEAR_PROBE.name, KNN.name, LATE.name)
    rows = marked.filter(
        pl.col("evaluation").is_in(names),
        pl.col("fusion").is_in(["concat", "soft-vote"]),
        pl.col("superseded").is_null(),
        pl.col("split").is_in(["val", "test", "cv"]),
    ).with_columns(pl.col("auc", "acc").fill_nan(None))
    tables = []
    for dataset in domains.in_order(filter(domains.is_ranked, rows["dataset"].unique().to_list())):
        own = rows.filter(pl.col("dataset") == dataset)
        groups = own.sort("protocol").partition_by("evaluation", "protocol", maintain_order=True)
        if len(groups) > 1:
            tables.append(_table(dataset, groups))
    return tuple(table for table in tables if len(table.rows) > 1)


def _table(dataset: str, groups: list[pl.DataFrame]) -> DatasetClassifiers:
    settled = [_settled(group.filter(pl.col("seed") == group["seed"].min())) for group in groups]
    pool = _pool(settled)
    rows = _distinct(tuple(row for group in settled if (row := _row(group, pool))))
    return DatasetClassifiers(dataset, pool, rows, tuple(_agreements(rows)))


def _settled(group: pl.DataFrame) -> pl.DataFrame:
    """Keep the rows of the setting that validation prefers for each subset."""
    criterion = Criterion(group["selection"][0][0])
    judged = group.filter(pl.col("split") == criterion.split, criterion.score.is_not_null())
    scores = pl.Series(SCORE, level(judged.select(criterion.score).to_series().to_list()), pl.Float64)
    best = (
        judged.with_columns(scores, name=pl.col("subset").list.join("+"))
        .sort(SCORE, "created", "key", descending=True)
        .unique("name", keep="first", maintain_order=True)
    )
    return group.join(best, on=["subset", "classifier", "fingerprints"], how="semi", maintain_order="left")


def _pool(groups: list[pl.DataFrame]) -> Subset:
    counts: dict[Subset, int] = {}
    for group in groups:
        for subset in {tuple(subset) for subset in group.filter(pl.col("split") == "test")["subset"].to_list()}:
            counts[subset] = counts.get(subset, 0) + 1
    several = [subset for subset in counts if len(subset) > 1] or list(counts)
    return max(several, key=lambda subset: (counts[subset], len(subset), subset), default=())


def _row(group: pl.DataFrame, pool: Subset) -> ClassifierRow | None:
    """Return what a classifier says; None where no subset has what its protocol chooses by."""
    if not len(group):
        return None
    test = group.filter(pl.col("split") == "test")
    cells = {tuple(row["subset"]): _cell(row) for row in test.iter_rows(named=True)}
    inside = group.filter(pl.col("subset").list.set_difference(list(pool)).list.len() == 0)
    first = group.row(0, named=True)
    title = TITLES.get(first["classifier"].split()[0], first["classifier"])
    return ClassifierRow(
        title=f"{VOTE}{title}" if first["evaluation"] == LATE.name else title,
        protocol=first["protocol"],
        subsets=len(cells),
        cells={
            "chosen": _chosen(inside, cells),
            "all backbones": cells.get(pool),
            "best single": _chosen(inside.filter(pl.col("subset").list.len() == 1), cells),
        },
        scores={subset: cell.auc for subset, cell in cells.items() if cell.auc is not None},
    )


def _cell(row: Mapping[str, Any]) -> Cell:
    return Cell(tuple(row["subset"]), row["auc"], row["acc"], row["key"], row["reason"])


def _chosen(rows: pl.DataFrame, cells: Mapping[Subset, Cell]) -> Cell | None:
    """Return the subset that the rows' own rule prefers on validation."""
    if not len(rows):
        return None
    try:
        return cells.get(choose(rows).chosen)
    except FuseboardError:
        return None


def _distinct(rows: tuple[ClassifierRow, ...]) -> tuple[ClassifierRow, ...]:
    """Name the protocol in the titles that several rows share."""
    titles = [row.title for row in rows]
    return tuple(
        replace(row, title=f"{row.title} ({row.protocol})") if titles.count(row.title) > 1 else row for row in rows
    )


def _agreements(rows: tuple[ClassifierRow, ...]) -> Iterator[Agreement]:
    for one, other in combinations(rows, 2):
        both = [subset for subset in one.scores if subset in other.scores]
        if len(both) < LEAST:
            continue
        rho = correlation([one.scores[subset] for subset in both], [other.scores[subset] for subset in both])
        yield Agreement(one.title, other.title, len(both), rho)
