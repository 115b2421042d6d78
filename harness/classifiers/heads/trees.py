"""Gradient-boosted trees as a head."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.classifiers import fusion
from fuseboard.harness.classifiers.classifier import Blocks
from fuseboard.harness.classifiers.heads.choice import Targets
from fuseboard.harness.classifiers.tasks import REGRESSION, Link, answers, link_of
from fuseboard.harness.classifiers.xgboost import XGBoost

SHARES = 16 * 2**20
"""SHAP values held at a time: one for every row, class and column."""


@dataclass(frozen=True)
class Trees:
    """A booster; a binary task and a regression have one column, that of the positive class or target."""

    booster: Any
    """`xgboost.Booster`."""
    link: Link
    classes: int
    """Columns."""

    def decision(self, x: Blocks) -> NDArray[np.float32]:
        """Log-odds (N, C), or the target in its own unit."""

        def margin(data: Any) -> NDArray[np.float32]:
            found: NDArray[np.float32] = self.booster.predict(data, output_margin=True)
            return found.reshape(-1, self.classes)

        return self._each(x, margin, fusion.BATCH_ROWS)

    def predict(self, x: Blocks) -> NDArray[np.float32]:
        """Probabilities (N, C), or the target (N, 1)."""
        return answers(self.link, self.decision(x))

    def base(self, x: Blocks) -> NDArray[np.float32]:
        """The decision (N, C) expected over training, the same in every row."""
        return self._shares(x)[:, :, -1]

    def contributions(self, x: Blocks) -> NDArray[np.float32]:
        """What each of the K blocks adds to the base, (N, C, K): its columns' SHAP values, summed.

        These are XGBoost's own (Lundberg et al., Nature Machine Intelligence 2020), exact for trees.
        """
        return self._shares(x)[:, :, :-1]

    def _shares(self, x: Blocks) -> NDArray[np.float32]:
        """(N, C, K + 1), the last of them the base."""
        starts = np.cumsum([0, *(block.shape[1] for block in x)])
        size = max(1, SHARES // (self.classes * (int(starts[-1]) + 1)))

        def summed(data: Any) -> NDArray[np.float32]:
            found = self.booster.predict(data, pred_contribs=True)
            found = found.reshape(len(found), self.classes, -1)
            own: NDArray[np.float32] = np.add.reduceat(found, starts, axis=2, dtype=np.float64).astype(np.float32)
            return own

        return self._each(x, summed, min(size, fusion.BATCH_ROWS))

    @staticmethod
    def _each(x: Blocks, of: Callable[[Any], NDArray[np.float32]], size: int) -> NDArray[np.float32]:
        """Asks the booster a few rows at a time."""
        import xgboost as xgb

        return np.concatenate([of(xgb.DMatrix(rows)) for _, rows in fusion.batches(x, size)])


@dataclass(frozen=True)
class _Regression(XGBoost):
    """The same trees with the squared error as their loss."""

    @property
    def objective(self) -> Mapping[str, Any]:
        """XGBoost's name of the loss."""
        return {"objective": "reg:squarederror"}


def fit_trees(
    train: Blocks,
    labels: Targets,
    task: str,
    n_classes: int,
    params: Mapping[str, Any],
    seed: int = 0,
    device: str = "cpu",
    threads: int = 1,
) -> Trees:
    """Grows the trees of the search and the evaluations, or those of the squared error for a regression.

    Args:
        train: blocks (N, D_k).
        labels: (N,) class numbers or numbers, or (N, L) of 0 and 1.
        task: one of MedMNIST's task names, or `regression`.
        n_classes: classes, or labels.
        params: of `classifiers.xgboost.Params`.
        seed: of the generator.
        device: `cpu`, `cuda` or `cuda:N`.
        threads: that the fit may use.
    """
    kind = _Regression if task == REGRESSION else XGBoost
    link = link_of(task)
    columns = n_classes if link == "softmax" else labels.shape[1] if labels.ndim > 1 else 1
    fitted = kind(params, task, n_classes, seed, device, threads).fit(train, labels)
    return Trees(fitted.booster, link, columns)
