"""The recommendation: the rule that loses least where each published dataset in turn is the new one."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fuseboard.leaderboard.recommending.rules import About, Pick, rules
from fuseboard.leaderboard.recommending.score_table import KINDS, METRICS, TRAINING_IMAGES, ScoreTable, Subset

DECIMALS = 2
"""Of percentage points, in which mean regrets are told apart."""


@dataclass(frozen=True)
class Comparison:
    """It is what a rule's subset scores beside others, in percentage points of one metric, (D,) each."""

    regret: NDArray[np.float64]
    """The best subset on test, which nobody can choose, less the rule's."""
    over_search: NDArray[np.float64]
    """The rule's less what an exhaustive search chooses by validation accuracy."""
    over_all: NDArray[np.float64]
    """The rule's less all backbones."""
    over_single: NDArray[np.float64]
    """The rule's less the single backbone that is best on validation."""


@dataclass(frozen=True)
class JudgedRule:
    """It is a rule, what it recommends for the new dataset, and what it would have been worth on the published ones."""

    name: str
    subset: Subset
    metrics: Mapping[str, Comparison]

    @property
    def mean_regret(self) -> float:
        """Return the mean regret in AUC, in percentage points, as finely as rules are told apart."""
        return round(float(self.metrics["auc"].regret.mean()), DECIMALS)

    @property
    def row(self) -> dict[str, object]:
        """Return the columns of a table: means over the datasets left out, and the worst regret."""
        found: dict[str, object] = {"rule": self.name, "subset": "+".join(self.subset)}
        for metric, own in self.metrics.items():
            found[f"{metric}_regret"] = _mean(own.regret)
            found[f"{metric}_worst"] = round(float(own.regret.max()), DECIMALS)
            found[f"{metric}_over_search"] = _mean(own.over_search)
            found[f"{metric}_over_all"] = _mean(own.over_all)
            found[f"{metric}_over_single"] = _mean(own.over_single)
        return found


@dataclass(frozen=True)
class Recommendation:
    """It holds the rules that apply to a new dataset, judged on the published ones."""

    rules: tuple[JudgedRule, ...]
    """The recommended one first, then by mean regret."""
    datasets: int
    """On which each was judged."""
    subsets: int
    """Among which each chose."""

    @property
    def subset(self) -> Subset:
        """Return what is recommended."""
        return self.rules[0].subset


def recommend(table: ScoreTable, about: About, dataset: str = "") -> Recommendation:
    """Judge every rule with each dataset left out in turn, and recommend by the one with the least mean regret.

    Of rules that are equal to a hundredth of a point the simplest is taken.

    Args:
        table: of the backbones that may be used.
        about: the new dataset.
        dataset: its name; its own scores recommend nothing for it.
    """
    judged = [_judged(name, pick, table, about, dataset) for name, pick in rules(about).items()]
    order = sorted(judged, key=lambda rule: rule.mean_regret)  # stable: the simplest first
    return Recommendation(tuple(order), len(table.datasets), len(table.subsets))


def _judged(name: str, pick: Pick, table: ScoreTable, about: About, dataset: str) -> JudgedRule:
    picks = []
    for left_out in table.datasets:
        known = About(
            KINDS[left_out] if about.kind is not None else None,
            TRAINING_IMAGES[left_out] if about.images is not None else None,
        )
        picks.append(pick(table, table.others(left_out), known))
    return JudgedRule(
        name=name,
        subset=table.subsets[pick(table, table.others(dataset), about)],
        metrics={metric: compared(table, metric, np.array(picks)) for metric in METRICS},
    )


def compared(table: ScoreTable, metric: str, picks: NDArray[np.int64]) -> Comparison:
    """Return what one subset per dataset scores beside the best, the chosen, all, and the best single one."""
    scores = 100 * table.test[metric]
    own = scores[np.arange(len(table.datasets)), picks]
    return Comparison(
        regret=scores.max(axis=1) - own,
        over_search=own - _chosen(table, scores, np.arange(len(table.subsets))),
        over_all=own - scores[:, table.everything],
        over_single=own - _chosen(table, scores, table.singles),
    )


def _chosen(table: ScoreTable, scores: NDArray[np.float64], among: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the (D,) test scores of what validation chooses among some subsets.

    Ties count as their mean: three published decimals leave up to twenty, and no tie-break is more right than another.
    """
    val = table.val_acc[:, among]
    tied = val == val.max(axis=1, keepdims=True)
    return np.asarray((scores[:, among] * tied).sum(axis=1) / tied.sum(axis=1))


def _mean(points: NDArray[np.float64]) -> float:
    return round(float(points.mean()), DECIMALS) + 0.0  # no -0.0
