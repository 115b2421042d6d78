"""The estimators: a fused classifier and a fused regressor, as scikit-learn's users expect them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted, column_or_1d

from fuseboard.harness.classifiers.tasks import REGRESSION
from fuseboard.harness.fusion.base import FusionBase, Images
from fuseboard.store.arrays import BINARY, MULTI_CLASS, MULTI_LABEL, is_multi_label
from fuseboard.store.errors import UsageError


class Fusion(ClassifierMixin, FusionBase):  # type: ignore[misc]
    """A classifier over the fused embeddings of several backbones.

    Images are embedded once: vectors are kept in the store by image content, so cross-validation and grid search find
    them there. The default takes all backbones with a linear head, which on the datasets of docs/results.md no search
    over subsets beats beyond chance, at a hundredth of its cost; `selection_` says what the choice is worth on yours.

    Args:
        backbones: names, paths of cards, or cards; None for the five that need no network, or those of given blocks.
        strategy: which subsets are tried: `all`, `singles`, `exhaustive`, `forward`, `late` …, as `fuseboard search`.
        classifier: `linear-probe` (the default) or `xgboost`.
        protocol: fixes classifier, parameters and what is chosen by, in place of `classifier`.
        budget: fits at most.
        validation_fraction: of the images that are held out, where `fit` is given none.
        store: where vectors are kept: a store, its folder, or None for the default.
        device: `cpu`, `cuda` or `cuda:N`; the GPU where there is one when None.
        batch_size: images per forward pass at most.
        precision: of every backbone; that of its card when None.
        bits: that the values of 16-bit grey images use, where they do not say it.
        page: which image of files of several is meant.
        trust: whether code of a backbone's repository may run.
        random_state: of every draw.

    Attributes:
        classes_: the labels; of a multi-label task the numbers of its columns.
        backbones_: the chosen subset.
        selection_: what was compared, ties, optimism; `print(selection_)` says it.
        metrics_: of the held-out images, with intervals.
        predictions_: of the held-out images, beside the truth; None where none could be held out.
        model_: the heads, the calibration and the novelty.
        summary_: what was learned from.
        cards_: backbone -> its card.
    """

    def predict(self, images: Images) -> NDArray[Any]:
        """Returns the most probable class (N,), or of several labels (N, L) with 0 and 1."""
        scores = self.predict_proba(images)
        if is_multi_label(self.model_.task):
            return (scores > 0.5).astype(np.int64)
        found: NDArray[Any] = self.classes_[scores.argmax(axis=1)]
        return found

    def predict_proba(self, images: Images) -> NDArray[np.float32]:
        """Returns calibrated probabilities (N, C), in the order of `classes_`; of several labels one column each."""
        check_is_fitted(self)
        return self.model_.scores(self._given(images).blocks)

    def _task_of(self, labels: NDArray[Any]) -> tuple[str, tuple[str, ...], NDArray[Any]]:
        check_classification_targets(labels)
        if type_of_target(labels) == "multilabel-indicator":
            self.classes_ = np.arange(labels.shape[1])
            return MULTI_LABEL, tuple(str(name) for name in self.classes_), labels.astype(np.uint8)
        self.classes_, encoded = np.unique(column_or_1d(labels, warn=True), return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                f"every image is of one class, {self.classes_[0]}: nothing can be told apart; give images of a second"
            )
        names = tuple(str(name) for name in self.classes_)
        return (BINARY if len(names) == 2 else MULTI_CLASS), names, encoded

    def _encoded(self, labels: NDArray[Any]) -> NDArray[Any]:
        if labels.ndim == 2 and labels.shape[1] > 1:
            return labels.astype(np.uint8)
        flat = column_or_1d(labels)
        unseen = np.setdiff1d(flat, self.classes_)
        if len(unseen):
            raise UsageError(f"class {unseen[0]} was not learned from; known: {', '.join(map(str, self.classes_))}")
        found: NDArray[Any] = np.searchsorted(self.classes_, flat)
        return found


class FusionRegressor(RegressorMixin, FusionBase):  # type: ignore[misc]
    """A regressor over the fused embeddings of several backbones.

    As `Fusion`, but for numbers: the heads are `ridge` (the default) or `xgboost`, what is chosen by is the squared
    error, and `metrics_` are RMSE, R² and Spearman's rank correlation.
    """

    def predict(self, images: Images) -> NDArray[np.float32]:
        """Returns numbers (N,)."""
        check_is_fitted(self)
        return self.model_.scores(self._given(images).blocks)[:, 0]

    def _task_of(self, labels: NDArray[Any]) -> tuple[str, tuple[str, ...], NDArray[Any]]:
        return REGRESSION, (), self._encoded(labels)

    def _encoded(self, labels: NDArray[Any]) -> NDArray[Any]:
        numbers = column_or_1d(labels, warn=True, dtype=np.float64)
        if not np.isfinite(numbers).all():
            raise ValueError("Input y contains NaN or infinity; leave these images out")
        found: NDArray[Any] = numbers
        return found
