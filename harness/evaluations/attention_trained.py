"""Attention that was trained: what the paper's text lets one expect, and its released code did not do."""

import polars as pl

from harness.attention import ablation
from harness.search.engine import Search
from store.choice import Choice


def evaluate(search: Search) -> tuple[Choice, pl.DataFrame]:
    """Trains projections and attention over all backbones, then fits XGBoost on the output."""
    return ablation.evaluate(search, ablation.TRAINED)
