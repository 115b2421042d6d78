"""The learner: one head on some blocks, and the measuring of subsets that a search strategy asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from fuseboard.harness.classifiers.fusion import Subset
from fuseboard.harness.classifiers.heads import Gram, Linear, Trees, fit_linear, fit_ridge, fit_trees
from fuseboard.harness.classifiers.linear_probe import GRID
from fuseboard.harness.classifiers.tasks import REGRESSION
from fuseboard.harness.fusion.model import Blocks, Matrix, Member
from fuseboard.harness.search import folds
from fuseboard.harness.search.strategies.strategy import FULL, Fidelity
from fuseboard.store.errors import unknown

LINEAR, RIDGE, TREES = "linear-probe", "ridge", "xgboost"
CLASSIFIERS = (LINEAR, TREES)
REGRESSORS = (RIDGE, TREES)


@dataclass(frozen=True)
class Part:
    """Images that are learned from, or held out."""

    blocks: Blocks
    labels: NDArray[Any]

    @property
    def rows(self) -> int:
        """Number of images."""
        return len(self.labels)


@dataclass(frozen=True)
class Learner:
    """What a head is and how it is fitted.

    Args:
        kind: `linear-probe`, `ridge` or `xgboost`.
        task: one of MedMNIST's, or `regression`.
        n_classes: classes, or labels of a multi-label task; 1 for regression.
        params: of XGBoost, or `C` of the linear probe where a protocol fixes it.
        seed: of XGBoost.
        device: of XGBoost.
        threads: of XGBoost.
    """

    kind: str
    task: str
    n_classes: int
    params: Mapping[str, Any]
    seed: int = 0
    device: str = "cpu"
    threads: int = 1

    def fit(
        self,
        train: Part,
        validation: Part | None,
        subset: Subset,
        fidelity: Fidelity = FULL,
        grams: Mapping[str, Gram] | None = None,
    ) -> Member:
        """Fits the head of a subset; its penalty is chosen on the held-out images where there are any.

        `grams` are those of the backbones, where many subsets share them.
        """
        rows = slice(None)
        if fidelity.rows is not None:
            rows = folds.share(train.labels, fidelity.rows, self.seed)  # type: ignore[assignment]
        parts, labels = [train.blocks[name][rows] for name in subset], train.labels[rows]
        widths = tuple(part.shape[1] for part in parts)
        shared = [grams[name] for name in subset] if grams and fidelity == FULL else None
        return Member(subset, widths, self._head(parts, labels, validation, subset, fidelity, shared))

    def _head(
        self,
        parts: list[Matrix],
        labels: NDArray[Any],
        validation: Part | None,
        subset: Subset,
        fidelity: Fidelity,
        grams: list[Gram] | None,
    ) -> Linear | Trees:
        held = None
        if validation is not None:
            held = [validation.blocks[name] for name in subset], validation.labels
        if self.kind == TREES:
            cheaper = {"n_estimators": fidelity.trees, "max_bin": fidelity.bins}
            params = {**self.params, **{name: value for name, value in cheaper.items() if value is not None}}
            return fit_trees(parts, labels, self.task, self.n_classes, params, self.seed, self.device, self.threads)
        if self.kind == RIDGE:
            return fit_ridge(parts, labels, self.task, self.n_classes, held, grams=grams)
        penalties = (self.params["C"],) if "C" in self.params else GRID
        return fit_linear(parts, labels, self.task, self.n_classes, held, grams=grams, penalties=penalties)


def kind_of(classifier: str | None, task: str) -> str:
    """Returns the head that is meant: a linear one unless another is asked for."""
    known = REGRESSORS if task == REGRESSION else CLASSIFIERS
    if classifier is None:
        return known[0]
    if classifier not in known:
        raise unknown("classifier", classifier, known, "a fusion of this task")
    return classifier
