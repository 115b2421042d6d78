"""Late fusion: the soft vote of classifiers that each saw one backbone. It scores every subset without another fit."""

import polars as pl

from harness.fusion import all_subsets
from harness.search import strategies
from harness.search.engine import Search
from store.choice import Choice


def evaluate(search: Search) -> tuple[Choice, pl.DataFrame]:
    """Averages the singles' probabilities over every subset; after an exhaustive search this fits nothing."""
    choice = search.run(strategies.get("late"))
    return choice, search.rows(all_subsets(list(search.pool.versions)))
