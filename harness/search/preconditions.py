"""What a search can be asked for: refused before the first fit, in one line, rather than by a library in the middle."""

from collections.abc import Mapping

import numpy as np

from fuseboard.harness.search.pool import Pool
from fuseboard.harness.search.row_identity import Recipe
from fuseboard.store.arrays import Labels
from fuseboard.store.embeddings.join import Blocks
from fuseboard.store.errors import FuseboardError


def check(pool: Pool, recipe: Recipe, blocks: Mapping[str, Blocks]) -> None:
    """Holds the labels against what is to be learned and chosen by.

    Raises:
        FuseboardError: one class in training, fewer training rows than classes, or a class absent from validation where
            the protocol chooses by AUC there.
    """
    train, val, facts = blocks["train"].labels, blocks["val"].labels, pool.entry
    if train.ndim == 1:
        _can_be_learned(pool, train)
    if recipe.criterion.name != "auc":
        return
    shares = val if val.ndim > 1 else val[:, None] == np.arange(facts.n_classes)
    absent = np.flatnonzero(~shares.any(axis=0) | shares.all(axis=0))
    if len(absent):
        raise FuseboardError(
            f"{pool.dataset}: all or none of the {len(val)} validation images are of class {absent[0]}, so no subset "
            f"has an AUC there, by which {recipe.protocol.name} chooses; take a protocol that chooses otherwise"
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
