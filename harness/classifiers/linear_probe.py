"""The linear probe: logistic regression with an L2 penalty on standardised features."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from fuseboard.harness.classifiers import classifier
from fuseboard.harness.classifiers.classifier import Advance, Blocks, Candidate, FittedGrid, StreamedClassifier
from fuseboard.harness.classifiers.descent_rules import RULES
from fuseboard.harness.classifiers.fusion import concat
from fuseboard.harness.classifiers.one_thread import ONE_THREAD
from fuseboard.harness.classifiers.stream import Stream
from fuseboard.store.arrays import MULTI_CLASS, ORDINAL, Labels

MAX_ITERATIONS = 1_000
GRID = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)
"""scikit-learn's C, the inverse of the penalty's strength; the strongest penalty first, which wins among equals."""


class Params(classifier.Params):
    """scikit-learn's parameters of logistic regression."""

    C: float = Field(gt=0)
    max_iter: int = Field(MAX_ITERATIONS, ge=1)


@dataclass(frozen=True)
class LinearProbe(StreamedClassifier):
    """One penalty's probe; a multi-label task is one model per label with a common C."""

    Params = Params
    PASSES = 200

    def fit(self, features: Blocks, labels: Labels) -> "Fitted":
        """Standardises the joined features by their own statistics and fits a model to them."""
        from sklearn.preprocessing import StandardScaler

        joined = concat(features)
        scaler = StandardScaler().fit(joined)
        standardised = scaler.transform(joined)
        columns = [labels] if labels.ndim == 1 else list(labels.T)
        with ONE_THREAD.held():
            return Fitted([self._model(standardised, column) for column in columns], scaler, self)

    def _model(self, features: NDArray[np.float32], labels: NDArray[np.integer[Any]]) -> Any:
        from sklearn.linear_model import LogisticRegression

        if len(np.unique(labels)) == 1:  # a label that training never or always has
            return int(labels[0])
        return LogisticRegression(C=self.params["C"], max_iter=self.params["max_iter"]).fit(features, labels)

    @classmethod
    def grid(cls) -> Sequence[Candidate]:
        """Lists every penalty."""
        rules = {"grid": list(GRID), "max_iterations": MAX_ITERATIONS, "features": "standardised"}
        return [Candidate(f"C={c:g}", {"C": c, "max_iter": MAX_ITERATIONS}, {**rules, "C": c}) for c in GRID]

    @classmethod
    def stream_grid(cls) -> Sequence[Candidate]:
        """Lists every penalty."""
        rules = {**RULES, "passes": cls.PASSES, "features": "standardised"}
        return [Candidate(f"C={c:g}", {"C": c, "max_passes": cls.PASSES}, {**rules, "C": c}) for c in GRID]

    @classmethod
    def fit_stream(cls, settings: Sequence[Self], train: Stream, advance: Advance) -> FittedGrid:
        """Fits all penalties side by side; one pass over training gives the loss and the gradient of every one."""
        from fuseboard.harness.classifiers import streamed_probe

        return streamed_probe.fit(settings, train, advance)


@dataclass(frozen=True)
class Fitted:
    """Fitted models: one, or one per label, which is a number where the label has one value in training."""

    models: Sequence[Any]
    scaler: Any
    probe: LinearProbe

    def predict(self, features: Blocks) -> NDArray[np.float32]:
        """Predicts probabilities (N, C); a binary task has one column, and absent classes have 0."""
        rows = self.scaler.transform(concat(features))
        with ONE_THREAD.held():
            if self.probe.task not in (MULTI_CLASS, ORDINAL):
                return np.stack([_positive(model, rows) for model in self.models], axis=1)
            scores = np.zeros((len(rows), self.probe.n_classes), np.float32)
            scores[:, self.models[0].classes_] = self.models[0].predict_proba(rows)
            return scores


def _positive(model: Any, rows: NDArray[np.float32]) -> NDArray[np.float32]:
    constant = isinstance(model, int)
    shares = np.full(len(rows), model) if constant else model.predict_proba(rows)[:, 1]
    return shares.astype(np.float32)
