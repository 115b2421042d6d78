"""Attention that was trained: what the paper's text lets one expect, and its released code did not do."""

from harness.attention import ablation
from harness.search.chosen import Chosen
from harness.search.engine import Search


def evaluate(search: Search) -> Chosen:
    """Trains projections and attention over all backbones, then fits XGBoost on the output."""
    return ablation.evaluate(search, ablation.TRAINED)
