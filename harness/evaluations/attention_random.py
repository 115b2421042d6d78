"""Attention that learned nothing: what the released code of BioFuse did, random weights before XGBoost."""

import polars as pl

from harness.attention import ablation
from harness.search.engine import Search
from store.choice import Choice


def evaluate(search: Search) -> tuple[Choice, pl.DataFrame]:
    """Fits XGBoost on what untrained projections and untrained attention make of all backbones."""
    return ablation.evaluate(search, ablation.RANDOM)
