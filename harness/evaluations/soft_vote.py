"""Late fusion: the soft vote of classifiers that each saw one backbone. It scores every subset without another fit."""

from fuseboard.harness.classifiers.fusion import all_subsets
from fuseboard.harness.search import shapley_note, strategies
from fuseboard.harness.search.report import Chosen
from fuseboard.harness.search.search import Search


def evaluate(search: Search) -> Chosen:
    """Averages the singles' probabilities over every subset; after an exhaustive search this fits nothing."""
    choice = search.run(strategies.get("late"))
    rows = search.rows(all_subsets(list(search.pool.versions)))
    shares = shapley_note.of_rows(rows)
    return Chosen(choice, rows, [] if shares is None else [shares])
