"""Late fusion: the soft vote of classifiers that each saw one backbone. It scores every subset without another fit."""

from harness.fusion import all_subsets
from harness.search import strategies
from harness.search.chosen import Chosen
from harness.search.engine import Search


def evaluate(search: Search) -> Chosen:
    """Averages the singles' probabilities over every subset; after an exhaustive search this fits nothing."""
    choice = search.run(strategies.get("late"))
    return Chosen(choice, search.rows(all_subsets(list(search.pool.versions))))
