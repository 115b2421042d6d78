"""The roles of subsets are marked by shape and by colour."""

from collections.abc import Container
from typing import Any

from fuseboard.leaderboard.boards.board import Board, Subset

Mark = dict[str, Any]


def _point(shape: str, size: int, colour: str) -> Mark:
    """Return a filled mark; `size` is the area of its square, in the drawing's units."""
    return {
        "type": "point",
        "shape": shape,
        "size": size,
        "filled": True,
        "fill": f"var(--{colour})",
        "stroke": "var(--raised)",
        "strokeWidth": 1,
    }


SUBSET: Mark = {
    "type": "point",
    "shape": "circle",
    "size": 25,
    "filled": True,
    "fill": "var(--soft)",
    "fillOpacity": 0.6,
}
SINGLE = _point("triangle-up", 81, "plot-single")
ALL = _point("square", 100, "plot-all")
CHOSEN = _point("diamond", 100, "plot-chosen")
ORACLE: Mark = {
    "type": "point",
    "shape": "circle",
    "size": 196,
    "filled": False,
    "stroke": "var(--plot-oracle)",
    "strokeWidth": 2,
}

OF_A_BOARD = {"all backbones": ALL, "chosen": CHOSEN, "oracle": ORACLE}
"""Role of a board -> mark; the oracle's ring comes last, because another role can lie inside it."""


def played(board: Board, drawn: Container[Subset]) -> dict[str, tuple[Mark, Subset]]:
    """Map each role to its mark and subset, of the roles that a board has among the subsets drawn."""
    found = {name: (mark, board.role(name)) for name, mark in OF_A_BOARD.items()}
    return {
        name: (mark, role.entry.subset)
        for name, (mark, role) in found.items()
        if role and role.entry and role.entry.subset in drawn
    }
