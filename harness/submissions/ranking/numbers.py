"""Numbers as people read them; what is missing is a dash."""

from fuseboard.harness.submissions.ranking.scored import Rank
from fuseboard.store.files.table import MISSING
from fuseboard.store.statistics.estimates import Difference, Replicates


def measured(metric: Replicates) -> str:
    """A value with its interval."""
    own = metric.interval()
    if own.value is None:
        return MISSING
    return f"{own.value:.3f}" + (f" [{own.low:.3f}, {own.high:.3f}]" if own.low is not None else "")


def gained(difference: Difference) -> str:
    """A difference with its interval and p."""
    if difference.value is None:
        return MISSING
    interval = f" [{difference.low:+.3f}, {difference.high:+.3f}]" if difference.low is not None else ""
    return f"{difference.value:+.3f}{interval}" + (f", p = {difference.p:.3f}" if difference.p is not None else "")


def ranked(rank: Rank) -> str:
    """A rank with its interval."""
    if rank.value is None:
        return MISSING
    interval = f" [{rank.low}, {rank.high}]" if rank.low is not None else ""
    return f"{rank.value}{interval} of {rank.of}"
