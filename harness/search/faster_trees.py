"""Trees that are grown faster than by XGBoost: when a search takes them, and whether they are XGBoost's.

Nobody promises that the next release of XGBoost rounds as this one does. So the first subset's first trees are compared
before anything is fitted, and the subsets that a choice rests on are grown by XGBoost itself before it is told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from fuseboard.harness.classifiers.fusion import Subset
from fuseboard.harness.classifiers.presorted_trees.presorted import NUMBA, agrees, faster
from fuseboard.harness.search.fit import Order
from fuseboard.store.embeddings.join import Blocks
from fuseboard.store.embeddings.manifest import SPLITS
from fuseboard.store.results.metrics import FIELDS
from fuseboard.store.results.rows import Result
from fuseboard.store.results.selection import Choice, by_validation

LEAST_SUBSETS = 15
"""All subsets of four backbones. Up to five are grown by XGBoost as well, which must not outweigh what is saved."""
DIFFERENT = (
    "the trees that Numba grows faster are not those of this release of XGBoost, which fitted all subsets itself"
)


def sooner(order: Order, subsets: Sequence[Subset], blocks: Mapping[str, Blocks]) -> Order:
    """Returns the same order with a classifier that says the same in less time, or the order itself.

    Args:
        order: with XGBoost as classifier, or any other.
        subsets: to fit, the widest first.
        blocks: of every split.

    Raises:
        NotTheSame: the first trees of the first subset differ.
    """
    setting = faster(order.classifier, len(blocks["train"].labels))
    if setting is None or len(subsets) < LEAST_SUBSETS or "test" not in order.splits or order.folds:
        return order
    train, *others = ([blocks[split].features[name] for name in subsets[0]] for split in SPLITS)
    if not agrees(setting, train, blocks["train"].labels, others):
        raise NotTheSame
    return replace(order, classifier=setting)


class NotTheSame(Exception):
    """Some trees are not XGBoost's."""


def unchecked(rows: pl.DataFrame) -> pl.DataFrame:
    """Returns those of some rows that were not measured with XGBoost's own trees."""
    return rows.filter(pl.col("libraries").str.contains(f'"{NUMBA}"', literal=True))


def rests_on(choice: Choice, singles: pl.DataFrame, rows: pl.DataFrame) -> list[Subset]:
    """Returns the subsets of some rows that a choice is told with: the chosen one, the best on test, the best single
    backbone, and all backbones.

    Args:
        choice: of the protocol.
        singles: rows of the single backbones.
        rows: of the subsets asked about.
    """
    best = by_validation(singles)[:1] if len(singles) else []
    told = {choice.chosen, choice.oracle, choice.all_backbones, *choice.best_on_test.values(), *best}
    return sorted(told & {tuple(subset) for subset in rows["subset"]})


def are_same(found: Sequence[Result], kept: pl.DataFrame) -> bool:
    """Says whether XGBoost's rows have the very numbers of those that were kept before: metrics and probabilities."""
    before = {row["key"]: row for row in kept.to_dicts()}
    return all(
        getattr(row, name) == before[row.inputs.key][name]
        for row in found
        for name in (*FIELDS, "right", "scores")
        if name != "scores" or before[row.inputs.key][name] is not None
    )
