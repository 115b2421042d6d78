"""Classifiers: from fused features to class probabilities."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class XGBoost:
    """Gradient-boosted trees for one task.

    Multi-label tasks use XGBoost's native multi-label form, whose predictions equal one model per label while the
    features are quantised once. The same code runs on a CPU and on a GPU.

    Args:
        params: the protocol's parameters, by scikit-learn's names (`n_estimators`, `learning_rate`, `max_depth` …).
        task: MedMNIST's name of the task.
        n_classes: classes, or labels of a multi-label task; taken from the dataset, since training may lack one.
        seed: of XGBoost's generator.
        device: `cpu`, `cuda` or `cuda:N`.
        threads: that one fit may use.
    """

    params: Mapping[str, Any]
    task: str
    n_classes: int
    seed: int
    device: str = "cpu"
    threads: int = 1

    def fit(self, features: NDArray[np.float32], labels: NDArray[np.integer[Any]]) -> "Fitted":
        """Grows the trees on (N, D) features and (N,) or (N, L) labels."""
        import xgboost as xgb

        params = dict(self.params)
        rounds = params.pop("n_estimators")
        many = self.task in ("multi-class", "ordinal-regression")
        objective = (
            {"objective": "multi:softprob", "num_class": self.n_classes} if many else {"objective": "binary:logistic"}
        )
        machine = {
            "device": self.device,
            "tree_method": "hist",
            "nthread": self.threads,
            "seed": self.seed,
            "verbosity": 0,
        }
        data = xgb.QuantileDMatrix(features, labels, nthread=self.threads, max_bin=params.get("max_bin", 256))
        return Fitted(xgb.train({**params, **objective, **machine}, data, rounds), self.threads)


@dataclass(frozen=True)
class Fitted:
    """A grown booster."""

    booster: Any
    threads: int

    def predict(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probabilities (N, C); a binary task has one column, that of the positive class."""
        import xgboost as xgb

        scores: NDArray[np.float32] = self.booster.predict(xgb.DMatrix(features, nthread=self.threads))
        return scores.reshape(len(features), -1)
