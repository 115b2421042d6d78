"""The linear probe: logistic regression with an L2 penalty on standardised features."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_ITERATIONS = 1_000
GRID = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)
"""scikit-learn's C, the inverse of the penalty's strength; the strongest penalty first, which wins among equals."""


def standardised(*splits: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """(N, D) matrices, the first of them training, with every column centred and scaled by training's statistics."""
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(splits[0])
    return [scaler.transform(split) for split in splits]


@contextmanager
def side_by_side() -> Iterator[None]:
    """For probes in threads of their own: one BLAS thread each, which also makes them alike on any number of cores.

    The solver's calls are many and small, and threads that wait for each other at every one of them made a fit 25
    times slower on two busy cores. What is said of the limit of iterations is not news: it is part of the rows' key.
    """
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


@dataclass(frozen=True)
class LinearProbe:
    """One penalty's probe.

    Args:
        c: scikit-learn's C.
        task: MedMNIST's name of the task; multi-label is one probe per label with a common C.
        n_classes: classes, or labels of a multi-label task; taken from the dataset, since training may lack one.
    """

    c: float
    task: str
    n_classes: int

    def fit(self, features: NDArray[np.float32], labels: NDArray[np.integer[Any]]) -> "Fitted":
        """Fits on standardised (N, D) features and (N,) or (N, L) labels."""
        columns = [labels] if labels.ndim == 1 else list(labels.T)
        return Fitted([self._model(features, column) for column in columns], self)

    def _model(self, features: NDArray[np.float32], labels: NDArray[np.integer[Any]]) -> Any:
        from sklearn.linear_model import LogisticRegression

        if len(np.unique(labels)) == 1:  # a label that training never or always has
            return int(labels[0])
        return LogisticRegression(C=self.c, max_iter=MAX_ITERATIONS).fit(features, labels)


@dataclass(frozen=True)
class Fitted:
    """Fitted models: one, or one per label, which is a number where the label has one value in training."""

    models: Sequence[Any]
    probe: LinearProbe

    def predict(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probabilities (N, C); a binary task has one column, that of the positive class; absent classes have 0."""
        if self.probe.task not in ("multi-class", "ordinal-regression"):
            return np.stack([_positive(model, features) for model in self.models], axis=1)
        scores = np.zeros((len(features), self.probe.n_classes), np.float32)
        scores[:, self.models[0].classes_] = self.models[0].predict_proba(features)
        return scores


def _positive(model: Any, features: NDArray[np.float32]) -> NDArray[np.float32]:
    constant = isinstance(model, int)
    shares = np.full(len(features), model) if constant else model.predict_proba(features)[:, 1]
    return shares.astype(np.float32)
