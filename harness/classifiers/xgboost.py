"""Classifiers: from fused features to class probabilities."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.classifiers import fusion
from fuseboard.harness.classifiers.gpu_cache import resident

Blocks = Sequence[NDArray[np.float32]]
"""(N, D_k) matrices whose columns side by side are the features."""


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

    def fit(self, features: NDArray[np.float32] | Blocks, labels: NDArray[np.integer[Any]]) -> "Fitted":
        """Grows the trees on (N, D) features, or on blocks of them, and (N,) or (N, L) labels.

        Blocks are joined a few rows at a time while XGBoost quantises them: on a CPU its sketch of a column is the same
        for any cutting into rows, so the trees are those of the joined matrix, which is never held in memory.
        """
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
        blocks = _blocks(features)
        if self.device != "cpu":
            blocks = [resident(block, self.device) for block in blocks]
        size = fusion.BATCH_ROWS if self.device == "cpu" else len(labels)
        data = xgb.QuantileDMatrix(
            _reader(blocks, labels, size), nthread=self.threads, max_bin=params.get("max_bin", 256)
        )
        return Fitted(xgb.train({**params, **objective, **machine}, data, rounds), self.threads)


@dataclass(frozen=True)
class Fitted:
    """A grown booster."""

    booster: Any
    threads: int

    def predict(self, features: NDArray[np.float32] | Blocks) -> NDArray[np.float32]:
        """Probabilities (N, C); a binary task has one column, that of the positive class."""
        import xgboost as xgb

        parts = [
            self.booster.predict(xgb.DMatrix(rows, nthread=self.threads)).reshape(len(rows), -1)
            for _, rows in fusion.batches(_blocks(features))
        ]
        scores: NDArray[np.float32] = np.concatenate(parts)
        return scores


def _blocks(features: NDArray[np.float32] | Blocks) -> Blocks:
    return [features] if isinstance(features, np.ndarray) else features


def _reader(blocks: Blocks, labels: NDArray[np.integer[Any]], size: int) -> Any:
    """What hands XGBoost the joined rows, `size` at a time, as often as it asks."""
    import xgboost as xgb

    class Reader(xgb.DataIter):
        def __init__(self) -> None:
            self.reset()
            super().__init__()

        def next(self, input_data: Callable[..., None]) -> bool:
            rows, features = next(self._batches, (slice(0), None))
            if features is None:
                return False
            input_data(data=features, label=labels[rows])
            return True

        def reset(self) -> None:
            self._batches = fusion.batches(blocks, size)

    return Reader()
