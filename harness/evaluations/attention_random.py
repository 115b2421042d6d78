"""Attention that learned nothing: what the released code of BioFuse did, random weights before XGBoost."""

from fuseboard.harness.evaluations.attention import ablation
from fuseboard.harness.search.report import Chosen
from fuseboard.harness.search.search import Search


def evaluate(search: Search) -> Chosen:
    """Fits XGBoost on what untrained projections and untrained attention make of all backbones."""
    return ablation.evaluate(search, ablation.RANDOM)
