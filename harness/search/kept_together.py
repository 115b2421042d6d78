"""Rows of quick fits are kept together: a file takes as long to write as one of them."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from fuseboard.store.results.rows import Result
from fuseboard.store.store import Store

AFTER_S = 1.0
"""Rows wait no longer than this for those of the next fits; a killed run has lost no more."""


@contextmanager
def kept_together(store: Store) -> Iterator[Callable[[Sequence[Result]], None]]:
    """Gives what keeps rows of one evaluation and dataset; the last ones are kept at the end, also of a broken run."""
    waiting: list[Result] = []
    kept = time.monotonic()

    def keep(rows: Sequence[Result]) -> None:
        nonlocal kept
        waiting.extend(rows)
        if time.monotonic() - kept > AFTER_S:
            store.keep(waiting)
            waiting.clear()
            kept = time.monotonic()

    try:
        yield keep
    finally:
        if waiting:
            store.keep(waiting)
