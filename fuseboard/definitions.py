"""What the present protocols say, for the rooms that may not ask them: their definitions, and the digests of rows."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from fuseboard.leaderboard.context.providers import Definition

if TYPE_CHECKING:
    from fuseboard.harness.protocols.protocol import Protocol


def protocols() -> dict[str, Definition]:
    """Returns the protocols that ship, by name."""
    from fuseboard.harness.protocols import protocol

    return _definitions(map(protocol.get, protocol.names()))


def own_protocols(root: Path) -> dict[str, Definition]:
    """Returns the protocols of one's own that a store has seen, by name."""
    from fuseboard.harness.protocols import own

    return _definitions(own.known(root))


def _definitions(rules: "Iterable[Protocol]") -> dict[str, Definition]:
    return {
        own.name: Definition(own.name, own.digest, own.title, own.description, own.model_dump(mode="json"))
        for own in rules
    }


def digests(protocol: str) -> frozenset[str]:
    """Returns what rows of a protocol have by its present definition."""
    from fuseboard.harness.evaluations.digests import digests as of_all

    return of_all(protocol)
