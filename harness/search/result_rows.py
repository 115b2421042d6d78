"""What a fit's outcome becomes: one row per split."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.classifiers.fusion import Subset
from fuseboard.harness.classifiers.metrics import Measured, measure
from fuseboard.harness.runtime import profiling
from fuseboard.harness.search.fit import Fold, Outcome
from fuseboard.harness.search.pool import Pool
from fuseboard.harness.search.row_identity import Recipe
from fuseboard.store.arrays import Labels
from fuseboard.store.embeddings import manifest
from fuseboard.store.results.metrics import FIELDS
from fuseboard.store.results.rows import Result
from fuseboard.store.statistics.weighted_metrics import n_correct


@dataclass(frozen=True)
class Circumstances:
    """The circumstances under which the fits of a round run, alike for all of them."""

    pool: Pool
    recipe: Recipe
    device: str
    jobs: int
    """Fits that share a process, and so its memory."""

    @cached_property
    def libraries(self) -> dict[str, str]:
        """Versions of what can change a number here."""
        return profiling.libraries()


def results_of(
    here: Circumstances, subset: Subset, outcome: Outcome, truth: Mapping[str, Labels], folds: Sequence[Fold]
) -> list[Result]:
    """Returns the rows of one subset.

    Args:
        here: what its rows share with those of other subsets.
        subset: that was fitted.
        outcome: of its fit.
        truth: split -> labels; `cv` has those of train, then of val.
        folds: of `cv`.
    """
    return [_result(here, subset, split, outcome, truth[split], folds) for split in here.recipe.splits]


def _result(
    here: Circumstances, subset: Subset, split: str, outcome: Outcome, truth: Labels, folds: Sequence[Fold]
) -> Result:
    task, parts = here.pool.entry.task, outcome.scores[split]
    if split == "cv":
        metrics = _mean([measure(task, truth[rows], scores) for (_, rows), scores in zip(folds, parts, strict=True)])
    else:
        metrics = measure(task, truth, parts[0])
    return Result(
        inputs=here.recipe.inputs(here.pool, subset, split),
        params=here.recipe.params,
        selection=here.recipe.selection,
        **metrics.model_dump(),
        rows=len(truth),
        features=here.pool.features(subset),
        fit_s=outcome.fit_s,
        predict_s=outcome.predict_s[split],
        peak_rss_mb=outcome.peak_rss_mb,
        peak_vram_mb=outcome.peak_vram_mb,
        jobs=here.jobs,
        device=here.device,
        hardware=outcome.hardware,
        libraries={**here.libraries, **outcome.libraries},
        created=manifest.now(),
        right=None if split == "cv" else answers(task, truth, parts[0]),
        scores=None if split == "cv" else parts[0].tolist(),
    )


def answers(task: str, labels: Labels, scores: NDArray[np.floating[Any]]) -> list[int] | None:
    """Right answers per image, as results keep them; None where a score is no number."""
    return n_correct(task, labels, scores).astype(int).tolist() if np.isfinite(scores).all() else None


def _mean(folds: Sequence[Measured]) -> Measured:
    """Over folds; a metric that a fold lacks has no mean."""

    def mean(values: Sequence[float | None]) -> float | None:
        present = [value for value in values if value is not None]
        return float(np.mean(present)) if len(present) == len(values) else None

    return Measured(
        **{name: mean([getattr(fold, name) for fold in folds]) for name in FIELDS},
        reason=next((f"in a fold: {fold.reason}" for fold in folds if fold.reason), None),
    )
