"""Attention that was trained: what the paper's text lets one expect, and its released code did not do."""

from fuseboard.harness.evaluations.attention import ablation
from fuseboard.harness.search.report import Chosen
from fuseboard.harness.search.search import Search


def evaluate(search: Search) -> Chosen:
    """Trains projections and attention over all backbones, then fits XGBoost on the output."""
    return ablation.evaluate(search, ablation.TRAINED)
