"""Evaluations: what is measured beside the search, over the same rows and by the same protocol."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from fuseboard.store.registry import Registry, load

if TYPE_CHECKING:  # the command line lists the names and must start light
    from fuseboard.harness.terminal.report import Report

    Evaluation = Callable[..., Report]
    """Takes a search: measures what is not known yet, keeps its rows, and reports; `tuned` also takes `trials`, and
    `groups` takes `columns`."""

EVALUATIONS = Registry(
    "evaluation",
    [
        ("singles", "fuseboard.harness.evaluations.singles:evaluate"),
        ("soft-vote", "fuseboard.harness.evaluations.soft_vote:evaluate"),
        ("tuned", "fuseboard.harness.evaluations.tuning.evaluation:evaluate"),
        ("attention-random", "fuseboard.harness.evaluations.attention.ablation:untrained"),
        ("attention-trained", "fuseboard.harness.evaluations.attention.ablation:trained"),
        ("linear-probe", "fuseboard.harness.evaluations.classifier_grid:linear_probe"),
        ("knn", "fuseboard.harness.evaluations.classifier_grid:knn"),
        ("sizes", "fuseboard.harness.evaluations.sizes:evaluate"),
        ("few-labels", "fuseboard.harness.evaluations.few_labels:evaluate"),
        ("groups", "fuseboard.harness.evaluations.groups.evaluation:evaluate"),
        ("corruption", "fuseboard.harness.evaluations.robustness.corruption:evaluate"),
        ("corruption-one-loader", "fuseboard.harness.evaluations.robustness.one_loader:evaluate"),
        ("transfer", "fuseboard.harness.evaluations.transfer.evaluation:evaluate"),
    ],
)
"""Name of what `fuseboard evaluate` measures -> the function that measures it."""


def get(name: str) -> "Evaluation":
    """Returns an evaluation by name."""
    evaluation: Evaluation = load(EVALUATIONS[name])
    return evaluation
