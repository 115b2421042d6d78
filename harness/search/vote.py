"""The vote: classifiers that each saw one backbone, averaged without another fit, with equal or with chosen weights."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from harness import fusion, profile
from harness.fusion import Subset
from harness.metrics import Metrics, measure
from harness.search import ensemble
from harness.search.measured import answers
from harness.search.pool import Pool
from harness.search.recipe import Recipe
from store import manifest
from store.errors import FuseboardError, UsageError
from store.results import Result


def votes(recipe: Recipe, pool: Pool, subsets: Sequence[Subset], singles: pl.DataFrame) -> list[Result]:
    """Rows of the mean of the singles' probabilities.

    Unweighted, nothing is learned but which subset to take. A weighted vote takes its weights from validation by the
    protocol's criterion, so its validation score is the more optimistic; its subset is the voters that it was offered.

    Args:
        recipe: of the votes.
        pool: whose labels are the truth.
        subsets: to score.
        singles: rows of every backbone alone, with their predictions.

    Raises:
        FuseboardError: the predictions of a single were not kept.
    """
    if recipe.criterion.split == "cv":
        raise UsageError(
            f"protocol {recipe.protocol.name} chooses by cross-validation, which soft votes have none of; take one "
            "that chooses on validation"
        )
    voters = {(row["subset"][0], row["split"]): row for row in singles.iter_rows(named=True)}
    if any(row["scores"] is None for row in voters.values()):
        raise FuseboardError(
            f"{pool.dataset}: the singles' predictions were not kept; search it again from an empty store"
        )
    scores = {place: np.array(row["scores"], np.float64) for place, row in voters.items()}
    truth = {split: pool.labels(split) for split in recipe.splits}
    made = []
    for subset in subsets:
        weights: NDArray[np.float64] = np.full(len(subset), 1 / len(subset))
        if recipe.fusion == fusion.WEIGHTED_VOTE:
            by = ensemble.METRICS[recipe.criterion.column](pool.entry.task, truth["val"])
            chosen = ensemble.select({name: scores[name, "val"] for name in subset}, by).weights
            weights = np.array([chosen.get(name, 0) for name in subset])
        for split in recipe.splits:
            mean = np.average([scores[name, split] for name in subset], axis=0, weights=weights)
            metrics = measure(pool.entry.task, truth[split], mean)
            right = answers(pool.entry.task, truth[split], mean)
            made.append(_result(recipe, pool, subset, split, [voters[name, split] for name in subset], metrics, right))
    return made


def _result(
    recipe: Recipe,
    pool: Pool,
    subset: Subset,
    split: str,
    voters: list[dict[str, Any]],
    metrics: Metrics,
    right: list[int] | None,
) -> Result:
    first = voters[0]
    return Result(
        inputs=recipe.inputs(pool, subset, split),
        params=recipe.params,
        selection=recipe.selection,
        auc=metrics.auc,
        acc=metrics.acc,
        log_loss=metrics.log_loss,
        reason=metrics.reason,
        rows=first["rows"],
        features=pool.features(subset),
        fit_s=sum(voter["fit_s"] for voter in voters),
        predict_s=sum(voter["predict_s"] for voter in voters),
        peak_rss_mb=max(voter["peak_rss_mb"] for voter in voters),
        peak_vram_mb=None,
        jobs=first["jobs"],
        device=first["device"],
        hardware=first["hardware"],
        libraries=profile.libraries(),
        created=manifest.now(),
        right=right,
        scores=None,
    )
