"""What the fits of a round have in common."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from fuseboard.harness.classifiers.classifier import Classifier
from fuseboard.harness.search import folds
from fuseboard.harness.search.fit import Order
from fuseboard.harness.search.row_identity import Recipe
from fuseboard.store.embeddings.join import Blocks


def order(recipe: Recipe, classifier: Classifier, blocks: Mapping[str, Blocks]) -> Order:
    """Says what to fit and what to predict.

    Args:
        recipe: what is measured.
        classifier: the protocol's, with whatever parameters.
        blocks: of training and validation, whose labels divide rows into shares and folds.
    """
    train, val = blocks["train"].labels, blocks["val"].labels
    plan, seed, part = recipe.protocol.selection.cv, recipe.protocol.seed, recipe.fidelity.rows
    return Order(
        classifier=replace(classifier, params=recipe.params),
        splits=recipe.splits,
        rows=None if part is None else folds.share(train, part, seed),
        folds=folds.folds(np.concatenate([train, val]), plan, seed) if plan else (),
    )
