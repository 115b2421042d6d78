"""Attention that learned nothing: what the released code of BioFuse did, random weights before XGBoost."""

from harness.attention import ablation
from harness.search.chosen import Chosen
from harness.search.engine import Search


def evaluate(search: Search) -> Chosen:
    """Fits XGBoost on what untrained projections and untrained attention make of all backbones."""
    return ablation.evaluate(search, ablation.RANDOM)
