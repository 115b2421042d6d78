"""Evaluations: what is measured beside the search, over the same rows and by the same protocol."""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from store.errors import unknown

if TYPE_CHECKING:  # the command line lists the names and must start light
    from harness.evaluations.report import Report

    Evaluation = Callable[..., Report]
    """Of a search: measures what is not known yet, keeps its rows, and reports; `tuned` also takes `trials`."""

EVALUATIONS = (
    "singles",
    "late",
    "tuned",
    "attention-random",
    "attention-trained",
    "linear-probe",
    "knn",
    "corruption",
    "corruption-one-loader",
    "transfer",
)


def get(name: str) -> "Evaluation":
    """An evaluation by name: the `evaluate` of the module of that name, in which dashes are underscores."""
    if name not in EVALUATIONS:
        raise unknown("evaluation", name, EVALUATIONS)
    evaluation: Evaluation = import_module(f"harness.evaluations.{name.replace('-', '_')}").evaluate
    return evaluation
