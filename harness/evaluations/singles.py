"""Oracle-single: the best single backbone on validation, which fusion has to beat."""

import polars as pl

from harness.search import strategies
from harness.search.engine import Search
from store.choice import Choice


def evaluate(search: Search) -> tuple[Choice, pl.DataFrame]:
    """Measures each backbone alone; the choice is made by the protocol's own rule, untuned."""
    choice = search.run(strategies.get("singles"))
    return choice, search.rows(choice.singles)
