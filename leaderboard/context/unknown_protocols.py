"""Unknown protocols are those of rows that this project does not define, or no longer does."""

from collections.abc import Mapping, Sequence

from fuseboard.leaderboard.boards.board import Board
from fuseboard.leaderboard.context.providers import Definition


def unknown_protocols(boards: Sequence[Board], known: Mapping[str, Definition]) -> dict[str, str]:
    """Map each protocol to a sentence that says what is not known of it, by name.

    Args:
        boards: of a store.
        known: name -> definition; none at all means that nobody was asked, and then nothing is said.
    """
    if not known:
        return {}
    found: dict[str, str] = {}
    for name in sorted({board.protocol for board in boards}):
        own = {board.protocol_digest for board in boards if board.protocol == name}
        if name not in known:
            found[name] = "This project has no protocol of this name, so what its rows chose cannot be shown here."
        elif own != {known[name].digest}:
            found[name] = (
                "Some of its rows were measured under another definition of this protocol than the one in this version "
                "of the project."
            )
    return found
