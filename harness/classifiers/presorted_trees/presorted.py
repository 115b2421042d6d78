"""XGBoost's classifier for a search over many subsets of few rows: the same probabilities, several times faster."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.classifiers import fusion
from fuseboard.harness.classifiers.classifier import Blocks, Classifier
from fuseboard.harness.classifiers.xgboost import Fitted, XGBoost
from fuseboard.store.arrays import Labels

NUMBA = "numba"
KNOWN = {"n_estimators", "learning_rate", "max_depth", "max_bin"}
"""Parameters that the compiled code knows; of every other one it has XGBoost's default."""
MOST_ROWS, MOST_DEPTH = 1_000, 8
LEAST_TREES, LEAST_BINS = 100, 128
"""Where it was measured to be faster: docs/search-strategies.md."""
TRIAL_TREES = 20


@dataclass(frozen=True)
class Presorted(XGBoost):
    """XGBoost's trees, grown from sorted columns where every sum is exact, and by XGBoost itself elsewhere.

    It needs Numba; whoever runs it checks some of what it says against XGBoost, since nobody promises that a release of
    XGBoost rounds as the one before it.
    """

    def fit(self, features: Blocks, labels: Labels) -> "Fitted | Grown":  # type: ignore[override]
        """Grows the trees over XGBoost's own cuts, from its own first margins."""
        data = self.quantised(features, labels)
        grown = self._presorted(data, features, labels) if find_spec(NUMBA) and _is_finite(features) else None
        return grown or Fitted(self.boosted(data), self)

    def _presorted(self, data: Any, features: Blocks, labels: Labels) -> "Grown | None":
        from fuseboard.harness.classifiers.presorted_trees import growing

        base = self._first_margins(data, features)
        cut_at, cuts = data.get_quantile_cut()
        cut_at = cut_at.astype(np.int64)
        bins = _bins(features, cuts, cut_at)
        order = np.zeros((len(bins), len(labels) + 1), np.uint16)
        order[:, :-1] = np.argsort(bins, axis=1, kind="stable")
        soft = "num_class" in self.objective
        each = labels[:, None] == np.arange(base.size) if soft else labels.reshape(len(labels), -1)
        targets = np.ascontiguousarray(each, dtype=np.float32)
        params = self.params
        rounds, rate, depth = params["n_estimators"], np.float32(params["learning_rate"]), params["max_depth"]
        exact, *trees = growing.grow(order, bins, cuts, cut_at, targets, base, rounds, rate, depth, soft)
        return Grown((*trees, base, soft)) if exact else None

    def _first_margins(self, data: Any, features: Blocks) -> NDArray[np.float32]:
        """Returns (K,) margins before the first tree: what XGBoost predicts of any row after a tree without weight."""
        import xgboost as xgb

        stump = self.boosted(data, n_estimators=1, learning_rate=0.0, max_depth=1)
        row = fusion.concat([block[:1] for block in features])
        margins: NDArray[np.float32] = stump.predict(xgb.DMatrix(row, nthread=self.threads), output_margin=True)
        return margins.reshape(-1)


@dataclass(frozen=True)
class Grown:
    """Trees that the compiled code grew."""

    trees: tuple[Any, ...]

    @property
    def libraries(self) -> dict[str, str]:
        """What made them beside the libraries of every fit, as rows name it."""
        return {NUMBA: version(NUMBA)}

    def predict(self, features: Blocks) -> NDArray[np.float32]:
        """Predicts probabilities (N, C); a binary task has one column, that of the positive class."""
        from fuseboard.harness.classifiers.presorted_trees import growing

        return np.concatenate([growing.predict(rows, *self.trees) for _, rows in fusion.batches(features)])


def faster(setting: Classifier, rows: int) -> Presorted | None:
    """Returns what says the same as a classifier in less time; None where nothing was measured to.

    Args:
        setting: of a protocol.
        rows: to train on.
    """
    if type(setting) is not XGBoost or setting.device != "cpu" or not find_spec(NUMBA):
        return None
    params = setting.params
    fits = rows <= MOST_ROWS and params["n_estimators"] >= LEAST_TREES and params.get("max_bin", 256) >= LEAST_BINS
    if not fits or params["max_depth"] > MOST_DEPTH or not KNOWN.issuperset(params):
        return None
    return Presorted(params, setting.task, setting.n_classes, setting.seed, setting.device, setting.threads)


def agrees(faster: Presorted, train: Blocks, labels: Labels, others: Sequence[Blocks]) -> bool:
    """Says whether the first trees predict the same numbers of all rows as XGBoost's."""
    quick = replace(faster, params={**faster.params, "n_estimators": TRIAL_TREES})
    plain = XGBoost(quick.params, quick.task, quick.n_classes, quick.seed, quick.device, quick.threads)
    ours, peer = quick.fit(train, labels), plain.fit(train, labels)
    return all(np.array_equal(ours.predict(blocks), peer.predict(blocks)) for blocks in (train, *others))


def _is_finite(features: Blocks) -> bool:
    return all(np.isfinite(block).all() for block in features)


def _bins(features: Blocks, cuts: NDArray[np.float32], cut_at: NDArray[np.int64]) -> NDArray[np.uint16]:
    """Returns (D, N) bins: of each number the first cut above it, as XGBoost counts them."""
    columns = [column for block in features for column in block.T]
    bins = np.empty((len(columns), len(columns[0])), np.uint16)
    for f, column in enumerate(columns):
        own = cuts[cut_at[f] : cut_at[f + 1]]
        bins[f] = np.minimum(np.searchsorted(own, column, side="right"), len(own) - 1)
    return bins
