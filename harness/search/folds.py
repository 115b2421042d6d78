"""Which rows are trained on: stratified shares and folds, fixed by the protocol's seed."""

import numpy as np

from fuseboard.harness.protocols.protocol import CrossValidation
from fuseboard.harness.search.fit import Fold, Rows
from fuseboard.store.arrays import Labels
from fuseboard.store.errors import FuseboardError


def share(labels: Labels, part: float, seed: int) -> Rows:
    """A share of the rows in ascending order, at least one of every class; multi-label rows are not stratified."""
    rng = np.random.default_rng(seed)
    groups = [np.arange(len(labels))] if labels.ndim > 1 else [np.flatnonzero(labels == c) for c in np.unique(labels)]
    return np.sort(np.concatenate([rng.permutation(rows)[: max(1, round(len(rows) * part))] for rows in groups]))


def folds(labels: Labels, plan: CrossValidation, seed: int) -> list[Fold]:
    """Repeated stratified folds, as scikit-learn cuts them.

    Raises:
        FuseboardError: a class has fewer rows than there are folds, so a fold would lack it.
    """
    from sklearn.model_selection import RepeatedKFold, RepeatedStratifiedKFold

    if labels.ndim > 1:
        plain = RepeatedKFold(n_splits=plan.folds, n_repeats=plan.repeats, random_state=seed)
        return list(plain.split(labels))
    classes, counts = np.unique(labels, return_counts=True)
    if counts.min() < plan.folds:
        raise FuseboardError(
            f"class {classes[counts.argmin()]} has {counts.min()} rows in train and val, fewer than the {plan.folds} "
            "folds; take a protocol with fewer folds, or one that chooses on validation"
        )
    cut = RepeatedStratifiedKFold(n_splits=plan.folds, n_repeats=plan.repeats, random_state=seed)
    return list(cut.split(labels, labels))
