"""The comparison of tuned fusion with the tuned best single backbone, over seeds and with what chance may do to it."""

from dataclasses import dataclass
from functools import cached_property
from statistics import fmean, stdev

import numpy as np
import polars as pl

from fuseboard.harness.classifiers.fusion import Subset
from fuseboard.harness.evaluations.tuning.study import Found
from fuseboard.store.arrays import Labels
from fuseboard.store.errors import FuseboardError
from fuseboard.store.results.selection import Choice
from fuseboard.store.statistics.bootstrap import bootstrap
from fuseboard.store.statistics.estimates import Difference, Interval, Replicates, mean

METRICS = ("auc", "acc")


@dataclass(frozen=True)
class Spread:
    """A test metric over seeds: what the seed does to it, and what the images may.

    Parameters that sample neither rows nor features leave nothing to a seed: then the deviation is 0, which says
    nothing about how sure the metric is. The interval does.
    """

    mean: float | None
    """None where a seed lacks the metric."""
    sd: float | None
    """Standard deviation of a sample (N - 1); None for a single seed."""
    interval: Interval
    """Interval of the mean, by the bootstrap of the test set."""


@dataclass(frozen=True)
class Comparison:
    """Tuned fusion and tuned oracle-single; the same subset where the best single is what was chosen."""

    task: str
    labels: Labels
    """Labels of the test images."""
    choice: Choice
    """The choice of the untuned search."""
    single: Subset
    found: dict[Subset, Found]
    rows: pl.DataFrame
    """One per subset, seed and split, with predictions."""

    @property
    def roles(self) -> dict[str, Subset]:
        """What is compared."""
        return {"chosen": self.choice.chosen, "oracle-single": self.single}

    def test(self, role: str, metric: str) -> Spread:
        """Returns `auc` or `acc` on test."""
        rows = self._test.filter(pl.col("subset") == list(self.roles[role]))
        values = [value for value in rows[metric].to_list() if value is not None]
        whole = len(values) == len(rows)
        return Spread(
            mean=fmean(values) if whole else None,
            sd=stdev(values) if whole and len(values) > 1 else None,
            interval=self._replicates[self.roles[role], metric].interval(),
        )

    def difference(self, metric: str) -> Difference:
        """Mean of fusion less mean of oracle-single on test, paired image by image where both were resampled."""
        fusion, single = (self._replicates[subset, metric] for subset in self.roles.values())
        return fusion.minus(single)

    @property
    def table(self) -> list[dict[str, object]]:
        """As it is printed: per metric the means, with deviation and 95 % interval, and their difference."""
        made: list[dict[str, object]] = []
        for metric in METRICS:
            for role, subset in self.roles.items():
                spread = self.test(role, metric)
                line = {"role": role, "subset": "+".join(subset), "test": metric, "mean": spread.mean, "sd": spread.sd}
                made.append({**line, "low": spread.interval.low, "high": spread.interval.high})
            estimate = self.difference(metric)
            line = {"role": "difference", "subset": None, "test": metric, "mean": estimate.value, "sd": None}
            made.append({**line, "low": estimate.low, "high": estimate.high})
        return made

    @property
    def wide_only(self) -> tuple[str, ...]:
        """None of the columns."""
        return ()

    @property
    def notes(self) -> list[str]:
        """What the choices of a subset and of its parameters hide, one line each."""
        metric, choice = self.rows["selection"][0][0], self.choice
        tied = f"{len(choice.ties)} share" if len(choice.ties) > 1 else "one has"
        made = [f"{choice.measured} of {choice.possible} subsets; {tied} the best validation {metric}"]
        for subset, best in self.found.items():
            params = ", ".join(f"{name} {value}" for name, value in best.params.items())
            shared = f"{best.ties} of {best.trials} trials share the best validation {metric} {abs(best.value):.4f}"
            made.append(f"{'+'.join(subset)}: {shared}, the first with {params}")
        reasons = {one.reason: None for one in self._replicates.values() if one.reason}
        return [*made, *(f"test: {reason}" for reason in reasons)]

    @property
    def _test(self) -> pl.DataFrame:
        return self.rows.filter(pl.col("split") == "test").sort("subset", "seed")

    @cached_property
    def _replicates(self) -> dict[tuple[Subset, str], Replicates]:
        """The mean over seeds, on every resample; without resamples where labels are too rare to be drawn."""
        rows = {(tuple(row["subset"]), row["seed"]): row for row in self._test.to_dicts()}
        parts: dict[tuple[Subset, str], list[Replicates]] = {}
        try:
            measured = bootstrap(self.task, self.labels, {key: np.array(row["scores"]) for key, row in rows.items()})
        except FuseboardError as error:
            for (subset, _), row in rows.items():
                for metric in METRICS:
                    one = Replicates(metric.upper(), row[metric], np.empty(0), "", str(error))
                    parts.setdefault((subset, metric), []).append(one)
        else:
            for (subset, _), found in measured.items():
                for metric in METRICS:
                    parts.setdefault((subset, metric), []).append(getattr(found, metric))
        return {key: mean(own) for key, own in parts.items()}
