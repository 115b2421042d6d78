"""Rows of groups: metrics of some test images with their intervals, or why there are none."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.classifiers.fusion import Subset
from fuseboard.harness.classifiers.metrics import measure
from fuseboard.harness.evaluations.groups.parts import Part
from fuseboard.harness.runtime import profiling
from fuseboard.harness.search.fit import Outcome
from fuseboard.harness.search.result_rows import Circumstances
from fuseboard.store.arrays import Labels
from fuseboard.store.embeddings import manifest
from fuseboard.store.errors import FuseboardError
from fuseboard.store.results.rows import Result
from fuseboard.store.statistics.bootstrap import bootstrap
from fuseboard.store.statistics.estimates import Interval

Facts = Mapping[str, int | float | str]


@dataclass(frozen=True)
class Judged:
    """Predictions of some images, and the truth of them."""

    task: str
    truth: Labels
    scores: NDArray[np.floating[Any]]

    @property
    def rarest(self) -> int:
        """Images of the rarest class, or of the rarer answer to a label."""
        columns = self.truth[:, None] if self.truth.ndim == 1 else self.truth
        return min(int(np.unique(column, return_counts=True)[1].min()) for column in columns.T)

    @property
    def intervals(self) -> Facts:
        """Bounds of AUC and ACC over resamples of these images, or why there are none."""
        try:
            found = bootstrap(self.task, self.truth, {"row": self.scores})["row"]
        except FuseboardError as error:
            return {"no_interval": str(error)}
        return {**bounds("auc", found.auc.interval()), **bounds("acc", found.acc.interval())}


def bounds(name: str, interval: Interval) -> dict[str, int | float | str]:
    """Returns the bounds of an interval by name, or why it has none."""
    if interval.low is None or interval.high is None:
        return {f"no_{name}_interval": interval.reason} if interval.reason else {}
    return {f"{name}_low": interval.low, f"{name}_high": interval.high}


def row(
    here: Circumstances,
    subset: Subset,
    part: Part,
    judged: Judged | str,
    outcome: Outcome | None = None,
    more: Facts | None = None,
    images: int | None = None,
) -> Result:
    """Returns one row.

    Args:
        here: what its rows share with those of others.
        subset: whose embeddings are meant.
        part: what is measured of it.
        judged: the predictions, or why there are none.
        outcome: of the fit that made them, where it was made for this row.
        more: what else was measured.
        images: that were looked at, where nothing was predicted.
    """
    facts: dict[str, Any] = {**part.params, **(more or {})}
    if isinstance(judged, str):
        metrics: dict[str, Any] = {"auc": None, "acc": None, "reason": judged}
    else:
        metrics = measure(judged.task, judged.truth, judged.scores).model_dump()
        facts |= {"rarest_class": judged.rarest, **judged.intervals}
        images = len(judged.truth)
    whole = part.measure == "whole" and not isinstance(judged, str)
    return Result(
        inputs=part.inputs(here.pool, subset, "test"),
        params=facts,
        selection=part.selection,
        **metrics,
        rows=images or 0,
        features=here.pool.features(subset),
        fit_s=outcome.fit_s if outcome else None,
        predict_s=outcome.predict_s["test"] if outcome else None,
        peak_rss_mb=outcome.peak_rss_mb if outcome else None,
        peak_vram_mb=outcome.peak_vram_mb if outcome else None,
        jobs=here.jobs,
        device=here.device,
        hardware=profiling.hardware(here.device),
        libraries=here.libraries,
        created=manifest.now(),
        scores=judged.scores.tolist() if whole and not isinstance(judged, str) else None,
    )
