"""Tuned fusion beside the tuned best single backbone: what the paper reports, chosen on validation throughout."""

import numpy as np

from fuseboard.harness.evaluations.tuning.comparison import Comparison
from fuseboard.harness.evaluations.tuning.tuner import Tuner
from fuseboard.harness.search import strategies
from fuseboard.harness.search.search import Search
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.results.selection import choose


def evaluate(search: Search, trials: int | None = None) -> Comparison:
    """Searches what is not known yet, then tunes the chosen subset and the best single backbone.

    Args:
        search: of all subsets.
        trials: other than the protocol's; its rows are then of a protocol of their own.

    Raises:
        UsageError: the protocol has no tuning.
        FuseboardError: there is nothing to tune by, or a study cannot be used.
    """
    tuning = search.protocol.tuning
    if tuning is None:
        raise UsageError(f"protocol {search.protocol.name} has no tuning; take one that has a section [tuning]")
    if not search.protocol.selection.cv:
        _check_validation(search)
    choice = search.run(strategies.get("exhaustive"))
    single = choose(search.rows(choice.singles)).chosen
    tuner = Tuner(search, tuning, list(dict.fromkeys([choice.chosen, single])), trials or tuning.trials)
    found = tuner.find()
    rows = tuner.fit(found)
    return Comparison(search.pool.entry.task, search.pool.labels("test"), choice, single, found, rows)


def _check_validation(search: Search) -> None:
    labels = search.pool.labels("val")
    if labels.ndim == 1 and len(np.unique(labels)) < 2:
        raise FuseboardError(
            f"{search.dataset}: all {len(labels)} validation images are of class {labels[0]}, so parameters cannot be "
            "told apart there; divide the images so that validation has more than one"
        )
