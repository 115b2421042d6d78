"""Oracle-single: the best single backbone on validation, which fusion has to beat."""

from fuseboard.harness.search import strategies
from fuseboard.harness.search.report import Chosen
from fuseboard.harness.search.search import Search


def evaluate(search: Search) -> Chosen:
    """Measures each backbone alone; the choice is made by the protocol's own rule, untuned."""
    choice = search.run(strategies.get("singles"))
    return Chosen(choice, search.rows(choice.singles))
