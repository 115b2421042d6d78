"""The alarm: a column that says the label by itself, because it is the label or comes after it."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.metadata.encoding import Encoding
from fuseboard.store.arrays import Labels

CERTAIN = 0.98
"""Balanced accuracy out of fold from which a column says the label."""
FOLDS = 5


def leaks(encoding: Encoding, vectors: NDArray[np.float32], labels: Labels) -> Iterator[tuple[str, float]]:
    """Returns the columns of which a decision tree tells the label of images that it did not learn from.

    Args:
        encoding: of the columns.
        vectors: (N, features) of all images.
        labels: (N,) classes, or (N, L); of several labels, one is enough.

    Returns:
        Name of each column, and its balanced accuracy out of fold.
    """
    start = 0
    for column in encoding.columns:
        own = vectors[:, start : start + len(column.features)]
        start += len(column.features)
        scores = [_told(own, truth) for truth in labels.reshape(len(labels), -1).T]
        best = max((score for score in scores if score is not None), default=0.0)
        if best >= CERTAIN:
            yield column.name, best


def _told(vectors: NDArray[np.float32], labels: Labels) -> float | None:
    """The balanced accuracy out of fold; None where a class has fewer than two images."""
    from sklearn.metrics import balanced_accuracy_score
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.tree import DecisionTreeClassifier

    classes, counts = np.unique(labels, return_counts=True)
    few = classes[counts < 2]
    rows = ~np.isin(labels, few)
    if len(classes) - len(few) < 2:
        return None
    folds = StratifiedKFold(min(FOLDS, int(counts[counts > 1].min())), shuffle=True, random_state=0)
    said = cross_val_predict(DecisionTreeClassifier(random_state=0), vectors[rows], labels[rows], cv=folds)
    return float(balanced_accuracy_score(labels[rows], said))
