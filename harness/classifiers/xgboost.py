"""Gradient-boosted trees: the classifier of the paper."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from fuseboard.harness.classifiers import classifier, fusion
from fuseboard.harness.classifiers.classifier import Advance, Blocks, Candidate, FittedEach, StreamedClassifier
from fuseboard.harness.classifiers.gpu_cache import current, is_resident, resident
from fuseboard.harness.classifiers.stream import Stream
from fuseboard.store.arrays import MULTI_CLASS, ORDINAL, Labels

Fraction = Annotated[float, Field(gt=0, le=1)]
Penalty = Annotated[float, Field(ge=0)]
GPU_ROWS = 65_536
"""Rows that a GPU predicts at a time: a gigabyte of 4,000 features."""
Batches = Callable[[], Iterable[tuple[NDArray[np.float32], Labels]]]
"""Starts a new pass over joined rows (n, D) and their labels."""


class Params(classifier.Params):
    """XGBoost's parameters by scikit-learn's names; one that is absent keeps the library's default."""

    n_estimators: int = Field(ge=1)
    learning_rate: Fraction
    max_depth: int = Field(ge=1)
    max_bin: int | None = Field(None, ge=2)
    max_leaves: int | None = Field(None, ge=0)
    """0 is no limit."""
    min_child_weight: Penalty | None = None
    subsample: Fraction | None = None
    colsample_bytree: Fraction | None = None
    reg_alpha: Penalty | None = None
    reg_lambda: Penalty | None = None

    @property
    def absent(self) -> set[str]:
        """Parameters at the library's default that protocols could not name at first, so they are in no digest."""
        first = {"n_estimators", "learning_rate", "max_depth", "max_bin"}
        return {name for name in type(self).model_fields if name not in first and getattr(self, name) is None}


@dataclass(frozen=True)
class XGBoost(StreamedClassifier):
    """Trees of one setting.

    Multi-label tasks use XGBoost's native multi-label form, whose predictions equal one model per label while the
    features are quantised once. The same code runs on a CPU and on a GPU.
    """

    Params = Params
    NEEDS_GPU = True

    @property
    def objective(self) -> Mapping[str, Any]:
        """XGBoost's name of the loss, and what it needs to know."""
        if self.task in (MULTI_CLASS, ORDINAL):
            return {"objective": "multi:softprob", "num_class": self.n_classes}
        return {"objective": "binary:logistic"}

    def fit(self, features: Blocks, labels: Labels) -> "Fitted":
        """Grows the trees.

        Blocks are joined a few rows at a time while XGBoost quantises them: on a CPU its sketch of a column is the same
        for any cutting into rows, so the trees are those of the joined matrix, which is never held in memory.
        """
        with current(self.device):
            return Fitted(self.boosted(self.quantised(features, labels)), self)

    def quantised(self, features: Blocks, labels: Labels) -> Any:
        """Returns XGBoost's matrix of the joined blocks: a byte per number, and its cuts."""
        blocks = self.placed(features)
        size = fusion.BATCH_ROWS if self.device == "cpu" else len(labels)
        return self._matrix(lambda: ((rows, labels[where]) for where, rows in fusion.batches(blocks, size)))

    def placed(self, features: Blocks) -> Blocks:
        """Copies blocks to the GPU, once for all fits."""
        return features if self.device == "cpu" else [resident(block, self.device) for block in features]

    @classmethod
    def stream_grid(cls) -> Sequence[Candidate]:
        """Says how the protocol's own setting reads the stream."""
        return [Candidate("", None, {"features": "raw, quantised batch by batch"})]

    @classmethod
    def fit_stream(cls, settings: Sequence[Self], train: Stream, advance: Advance) -> FittedEach:
        """Grows the trees of each setting on a byte per number of training, which is all that is held."""
        fitted = []
        for setting in settings:
            data = setting._matrix(lambda: ((fusion.concat(b.parts), b.labels) for b in train.batches()))
            fitted.append(Fitted(setting.boosted(data), setting))
            advance(1)
        return FittedEach(fitted)

    def boosted(self, data: Any, **other: Any) -> Any:
        """Grows the trees on such a matrix; some parameters may be others than the setting's."""
        import xgboost as xgb

        params = {**self.params, **other}
        rounds = params.pop("n_estimators")
        machine = {
            "device": self.device,
            "tree_method": "hist",
            "nthread": self.threads,
            "seed": self.seed,
            "verbosity": 0,
        }
        return xgb.train({**params, **self.objective, **machine}, data, rounds)

    def _matrix(self, batches: Batches) -> Any:
        import xgboost as xgb

        return xgb.QuantileDMatrix(_reader(batches), nthread=self.threads, max_bin=self.params.get("max_bin", 256))


@dataclass(frozen=True)
class Fitted:
    """A grown booster."""

    booster: Any
    setting: XGBoost

    def predict(self, features: Blocks) -> NDArray[np.float32]:
        """Predicts probabilities (N, C); a binary task has one column, that of the positive class."""
        blocks = self.setting.placed(features)
        size = fusion.BATCH_ROWS if self.setting.device == "cpu" else GPU_ROWS
        with current(self.setting.device):
            parts = [self._of(rows).reshape(len(rows), -1) for _, rows in fusion.batches(blocks, size)]
        scores: NDArray[np.float32] = np.concatenate(parts)
        return scores

    def _of(self, rows: Any) -> NDArray[np.float32]:
        """Predicts joined rows (n, D) where they lie: those on a GPU without a copy in XGBoost's own form."""
        import xgboost as xgb

        found: NDArray[np.float32]
        if is_resident(rows):
            found = self.booster.inplace_predict(rows).get()
        else:
            found = self.booster.predict(xgb.DMatrix(rows, nthread=self.setting.threads))
        return found


def _reader(batches: Batches) -> Any:
    """Makes what hands XGBoost the joined rows batch by batch, as often as it asks."""
    import xgboost as xgb

    class Reader(xgb.DataIter):
        def __init__(self) -> None:
            self.reset()
            super().__init__()

        def next(self, input_data: Callable[..., None]) -> bool:
            features, labels = next(self._batches, (None, None))
            if features is None:
                return False
            input_data(data=features, label=labels)
            return True

        def reset(self) -> None:
            self._batches = iter(batches())

    return Reader()
