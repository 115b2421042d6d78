"""What a search can be asked for: refused before the first fit, in one line, rather than by a library in the middle."""

from collections.abc import Mapping

import numpy as np

from fuseboard.harness.classifiers.fusion import CONCAT
from fuseboard.harness.search import folds
from fuseboard.harness.search.pool import Pool
from fuseboard.harness.search.row_identity import Recipe
from fuseboard.store.arrays import Labels
from fuseboard.store.embeddings.join import Blocks
from fuseboard.store.errors import FuseboardError, UsageError


def check_fusion(recipe: Recipe) -> None:
    """Raises where a protocol chooses by cross-validation among votes, which are taken of fits on training alone."""
    if recipe.fusion != CONCAT and recipe.criterion.split == "cv":
        raise UsageError(
            f"protocol {recipe.protocol.name} chooses by cross-validation, which soft votes have none of; take one "
            "that chooses on validation"
        )


def check(pool: Pool, recipe: Recipe, blocks: Mapping[str, Blocks]) -> None:
    """Holds the labels against what is to be learned and chosen by.

    Raises:
        FuseboardError: one class in training, fewer training rows than classes, more folds than rows of a class, or a
            class absent from validation or a fold where the protocol chooses by AUC there.
    """
    train, val, plan = blocks["train"].labels, blocks["val"].labels, recipe.protocol.selection.cv
    if train.ndim == 1:
        _can_be_learned(pool, train)
    judged = {"validation": val}
    if plan:
        both = np.concatenate([train, val])
        cut = folds.folds(both, plan, recipe.protocol.seed)
        judged = {f"fold {number}": both[unseen] for number, (_, unseen) in enumerate(cut, 1)}
    if recipe.criterion.column == "auc":
        for where, labels in judged.items():
            _has_auc(pool, recipe, where, labels)


def _has_auc(pool: Pool, recipe: Recipe, where: str, labels: Labels) -> None:
    several = labels.ndim > 1
    shares = labels if several else labels[:, None] == np.arange(pool.entry.n_classes)
    absent = np.flatnonzero(~shares.any(axis=0) | shares.all(axis=0))
    if len(absent):
        raise FuseboardError(
            f"{pool.dataset}: all or none of the {len(labels)} images of {where} are of "
            f"{'label' if several else 'class'} {absent[0]}, so no subset has an AUC there, by which "
            f"{recipe.protocol.name} chooses; take a protocol that chooses otherwise"
        )


def _can_be_learned(pool: Pool, train: Labels) -> None:
    classes = np.unique(train)
    if len(classes) < 2:
        raise FuseboardError(
            f"{pool.dataset}: all {len(train)} training images are of class {classes[0]}, so there is nothing to "
            "learn; divide the images so that training has every class"
        )
    if len(train) < pool.entry.n_classes:
        raise FuseboardError(
            f"{pool.dataset}: {len(train)} training images for {pool.entry.n_classes} classes; every class needs one "
            "at least"
        )
