"""Sets that stand apart are those of which nobody declares that they show medical images."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from fuseboard.leaderboard.boards.snapshot import Snapshot
from fuseboard.leaderboard.rankings.fusions import fusions
from fuseboard.leaderboard.rankings.singles import singles
from fuseboard.leaderboard.rankings.table import RankingTable


@dataclass(frozen=True)
class Apart:
    """They are the sets of one kind, ranked among themselves."""

    kind: str
    """This is `demo` for those that are not medical, `undeclared` for those that may be anything."""
    singles: tuple[RankingTable, ...]
    """The backbones alone, per protocol that has any."""
    fusions: Mapping[str, RankingTable]
    """Protocol -> the methods that use several backbones."""


def apart(snapshot: Snapshot, protocols: Sequence[str]) -> Iterator[Apart]:
    """Yield the kinds of which something was searched."""
    for kind, shown in (("demo", snapshot.domains.is_demo), ("undeclared", snapshot.domains.is_undeclared)):
        tables = [singles(snapshot, protocol, shown) for protocol in protocols]
        if ranked := tuple(table for table in tables if table.datasets):
            yield Apart(kind, ranked, {one.protocol: fusions(snapshot, one.protocol, shown) for one in ranked})
