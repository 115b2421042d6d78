"""Evaluations: what is measured beside the search, over the same rows and by the same protocol."""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from fuseboard.store.errors import unknown

if TYPE_CHECKING:  # the command line lists the names and must start light
    from fuseboard.harness.terminal.report import Report

    Evaluation = Callable[..., Report]
    """Of a search: measures what is not known yet, keeps its rows, and reports; `tuned` also takes `trials`."""

EVALUATIONS = {
    "singles": "singles",
    "late": "late",
    "tuned": "tuning.evaluation",
    "attention-random": "attention_random",
    "attention-trained": "attention_trained",
    "linear-probe": "linear_probe",
    "knn": "knn",
    "corruption": "robustness.corruption",
    "corruption-one-loader": "robustness.one_loader",
    "transfer": "transfer.evaluation",
}
"""Name of an evaluation -> its module in this package."""


def get(name: str) -> "Evaluation":
    """An evaluation by name: the `evaluate` of its module."""
    if name not in EVALUATIONS:
        raise unknown("evaluation", name, EVALUATIONS)
    evaluation: Evaluation = import_module(f"fuseboard.harness.evaluations.{EVALUATIONS[name]}").evaluate
    return evaluation
